#include "sync/core/hub_clock.h"

namespace edge::sync {

void HubClock::open(const ClockMark& last, const Moment& moment) {
  last_ = last;
  base_ = last.hub;
  opened_ = moment.mono;
  gap_known_ = !last.wall;
}

Now HubClock::read(const Moment& moment) {
  const auto run = std::chrono::duration_cast<HubTime>(moment.mono - opened_);
  Now now{.hub = base_ + run, .awake = last_.awake + run};
  if (moment.wall < kSet) return now;
  now.wall = moment.wall;
  if (!gap_known_) {
    gap_known_ = true;
    const auto off = std::chrono::duration_cast<HubTime>(moment.wall - *last_.wall) - run;
    if (off > HubTime(0)) {
      base_ += off;
      now.hub += off;
    }
  }
  return now;
}

ClockMark HubClock::mark(const Now& now) const {
  // An unset clock does not take away what was known; the hub's time since counts as time off.
  if (now.wall || !last_.wall) return {now.hub, now.awake, now.wall};
  return {now.hub, now.awake, *last_.wall + (now.hub - last_.hub)};
}

}  // namespace edge::sync
