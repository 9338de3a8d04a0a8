#include "components/secretstores/cloud/lease.h"

#include <algorithm>

namespace edge::secrets {

Standing standing_of(Duration age, Heard heard, const LeasePolicy& policy) {
  const Duration lease = heard == Heard::kRefusal
                             ? std::min(policy.max_stale_online, policy.max_stale_offline)
                             : policy.max_stale_offline;
  if (age > lease) return Standing::kEnded;
  // More than the longest pause between two readings.
  return age > policy.refresh + policy.refresh / 4 ? Standing::kStale : Standing::kFresh;
}

Duration refresh_after(const LeasePolicy& policy, Random& random) {
  const Duration lease = std::min(policy.max_stale_online, policy.max_stale_offline);
  const Duration pause = std::min(policy.refresh, lease / 4 * 3);
  const auto spread = static_cast<std::uint64_t>(pause.count()) / 5;
  return pause - Duration(spread / 2) + Duration(random.below(spread + 1));
}

void LeaseClock::start(WallTime known, const Clock& clock) {
  base_ = std::max(known, clock.wall_now());
  since_ = clock.now();
}

WallTime LeaseClock::now(const Clock& clock) {
  const TimePoint moment = clock.now();
  base_ = std::max(base_ + (moment - since_), clock.wall_now());
  since_ = moment;
  return base_;
}

}  // namespace edge::secrets
