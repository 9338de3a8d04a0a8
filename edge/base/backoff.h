// Backoff: how long to wait before the next attempt.
#pragma once

#include "edge/base/random.h"
#include "edge/base/time.h"

namespace edge {

// Decorrelated jitter between `base` and `cap`, so that the clients of a server that restarts do
// not come back in step.
class Backoff {
 public:
  Backoff(Duration base, Duration cap) noexcept : base_(base), cap_(cap), last_(base) {}
  Duration next(Random& random);
  void reset() noexcept { last_ = base_; }

 private:
  Duration base_;
  Duration cap_;
  Duration last_;
};

}  // namespace edge
