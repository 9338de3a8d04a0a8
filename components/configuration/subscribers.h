// The subscriptions of a configuration store, for the stores that tell of changes themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "components/configuration/configuration.h"

namespace edge::configuration {

// All on the loop.
class Subscribers {
 public:
  // No key: every key.
  SubscriptionId add(std::vector<std::string> keys, Observer observer);
  // Errors: kNotFound.
  Status remove(SubscriptionId id);
  void clear() { all_.clear(); }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

  // Calls each observer whose keys are among `changed`, once. An observer may add and remove.
  void tell(const Items& changed);

 private:
  struct Subscription {
    std::vector<std::string> keys;  // in order
    Observer observer;
  };
  static Items chosen(const Items& changed, const std::vector<std::string>& keys);

  std::map<SubscriptionId, Subscription> all_;
  SubscriptionId last_ = 0;
};

}  // namespace edge::configuration
