// Recipients: which instance of a subscribing app gets a message. Source: sync reference §1.5.
#pragma once

#include <optional>

#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/policy/lanes/lane_id.h"

namespace edge::blocks {

struct Recipient {
  SubscriberChannel* channel = nullptr;
  // Whose routes count; valid until the next await.
  const TopicSubscription* subscription = nullptr;
};

class Recipients {
 public:
  virtual ~Recipients() = default;
  // For a message of `lane` from what is open as `opened`: the lane's instance where it subscribes
  // and is well, else the baseline's. Nothing where the app has none that subscribes: the message
  // is not for this app.
  [[nodiscard]] virtual std::optional<Recipient> choose(const TopicSubscription& opened,
                                                        policy::LaneId lane) const = 0;
};

}  // namespace edge::blocks
