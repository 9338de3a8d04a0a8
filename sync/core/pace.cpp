#include "sync/core/pace.h"

#include <algorithm>

namespace edge::sync {

Pace::Pace(unsigned per_second, unsigned burst) noexcept
    : interval_(per_second == 0 ? 0 : 1'000'000'000 / per_second),
      ahead_(interval_ * (std::max(burst, 1U) - 1)) {}

bool Pace::try_take(HubTime now) noexcept {
  if (due_ - ahead_ > now) return false;
  due_ = std::max<std::chrono::nanoseconds>(due_, now) + interval_;
  return true;
}

HubTime Pace::next() const noexcept {
  return std::max(HubTime(0), std::chrono::ceil<HubTime>(due_ - ahead_));
}

}  // namespace edge::sync
