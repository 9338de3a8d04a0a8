#include "components/configuration/subscribers.h"

#include <algorithm>
#include <utility>

namespace edge::configuration {

SubscriptionId Subscribers::add(std::vector<std::string> keys, Observer observer) {
  std::ranges::sort(keys);
  const auto rest = std::ranges::unique(keys);
  keys.erase(rest.begin(), rest.end());
  all_.emplace(++last_, Subscription{std::move(keys), std::move(observer)});
  return last_;
}

Status Subscribers::remove(SubscriptionId id) {
  if (all_.erase(id) > 0) return {};
  return Error{Code::kNotFound, "subscription does not exist"};
}

Items Subscribers::chosen(const Items& changed, const std::vector<std::string>& keys) {
  if (keys.empty()) return changed;
  Items items;
  for (const std::string& key : keys) {
    const auto found = changed.find(key);
    if (found != changed.end()) items.insert(*found);
  }
  return items;
}

void Subscribers::tell(const Items& changed) {
  std::vector<SubscriptionId> ids;
  for (const auto& [id, subscription] : all_) ids.push_back(id);
  for (const SubscriptionId id : ids) {
    const auto found = all_.find(id);
    if (found == all_.end()) continue;
    Items items = chosen(changed, found->second.keys);
    if (items.empty()) continue;
    const Observer observer = found->second.observer;
    observer(std::move(items));
  }
}

}  // namespace edge::configuration
