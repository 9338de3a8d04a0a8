// Lease: how long a copy of a secret may be served, and the clock by which that is judged.
//
// Pure. Source: sync reference §6.3.
#pragma once

#include <cstdint>

#include "edge/base/random.h"
#include "edge/base/time.h"

namespace edge::secrets {

enum class OnExpired : std::uint8_t { kDeny, kServeAndWarn };

struct LeasePolicy {
  Duration refresh = std::chrono::hours(1);
  Duration max_stale_online = std::chrono::hours(24);        // while the source refuses us
  Duration max_stale_offline = std::chrono::hours(24 * 30);  // while it cannot be reached
  OnExpired on_expired = OnExpired::kDeny;
};

// What was heard of a secret's source last.
enum class Heard : std::uint8_t { kNothing, kValue, kRefusal };

enum class Standing : std::uint8_t { kFresh, kStale, kEnded };

Standing standing_of(Duration age, Heard heard, const LeasePolicy& policy);

// How long after a reading the next one is due: before the lease ends, and not in step with others.
Duration refresh_after(const LeasePolicy& policy, Random& random);

// Time that never runs backwards: not when the wall clock is set back, nor after a restart with a
// clock that starts in 1970. While the wall clock is behind, the hours count in which the hub runs.
class LeaseClock {
 public:
  // `known`: the last time that was kept on the disk.
  void start(WallTime known, const Clock& clock);
  [[nodiscard]] WallTime now(const Clock& clock);

 private:
  WallTime base_;
  TimePoint since_;
};

}  // namespace edge::secrets
