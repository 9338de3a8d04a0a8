#include "edge/blocks/configuration/subscription.h"

#include "edge/base/log.h"

namespace edge::blocks {
namespace {

constexpr std::size_t kMostWaiting = 20'000;

}  // namespace

void Subscription::note(const configuration::Items& changed) {
  if (ended_) return;
  const bool waited = has_changes();
  std::size_t dropped = 0;
  for (const auto& [key, item] : changed) {
    if (waiting_.size() < kMostWaiting) {
      waiting_.insert(key);
    } else if (!waiting_.contains(key)) {
      ++dropped;
    }
  }
  if (dropped > 0) {
    log::error("edge.configuration", "a subscriber is too slow; it is not told of some keys",
               {{"app", wish_.app_id}, {"store", store_}, {"keys", std::to_string(dropped)}});
  }
  if (!waited && has_changes() && observer_) observer_();
}

void Subscription::put_back(std::set<std::string> keys) {
  const bool waited = has_changes();
  waiting_.merge(keys);
  if (!waited && has_changes() && observer_) observer_();
}

void Subscription::end() {
  if (std::exchange(ended_, true)) return;
  waiting_.clear();
  if (observer_) observer_();
}

}  // namespace edge::blocks
