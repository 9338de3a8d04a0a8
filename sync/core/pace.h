// Pace: so many a second on average, and a few at once.
#pragma once

#include <chrono>

#include "sync/core/message.h"

namespace edge::sync {

class Pace {
 public:
  // `per_second` 0: no limit.
  Pace(unsigned per_second, unsigned burst) noexcept;
  // Takes one, if it may go now.
  bool try_take(HubTime now) noexcept;
  // When the next one may go.
  [[nodiscard]] HubTime next() const noexcept;

 private:
  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds ahead_;  // how far a burst may run ahead of the average
  std::chrono::nanoseconds due_{0};
};

}  // namespace edge::sync
