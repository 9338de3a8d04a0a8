// The hub's own time: what has passed, whatever the wall clock says.
//
// A hub's wall clock starts in 1970, is set when a network comes, and may be set wrongly. Hub time
// follows the monotonic clock while the hub runs. The time that it was off is added as soon as both
// clocks, then and now, are known to be set. It never goes back. As a wall clock that
// is set wrongly can make it go too far, what must not happen early is measured in time awake.
#pragma once

#include <optional>

#include "sync/core/message.h"

namespace edge::sync {

// What is kept of the clock over a restart.
struct ClockMark {
  HubTime hub{0};
  HubTime awake{0};
  std::optional<WallTime> wall;
  friend bool operator==(const ClockMark&, const ClockMark&) = default;
};

class HubClock {
 public:
  // Before then a wall clock is not set: 2020-01-01.
  static constexpr WallTime kSet{std::chrono::seconds(1'577'836'800)};

  // Once, at the start.
  void open(const ClockMark& last, const Moment& moment);
  Now read(const Moment& moment);
  [[nodiscard]] ClockMark mark(const Now& now) const;

 private:
  HubTime base_{0};
  TimePoint opened_;
  ClockMark last_;
  bool gap_known_ = false;  // the time off has been added, or cannot be known
};

}  // namespace edge::sync
