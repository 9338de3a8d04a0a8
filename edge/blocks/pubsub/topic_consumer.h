// TopicConsumer: one open subscription of an app: from a message of the bus to the app's answer,
// and what that answer means for the message. Source: wire reference §3.8, §3.9, §3.11.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/pubsub/bulk_collector.h"
#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/blocks/pubsub/recipients.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/blocks/pubsub/subscription.h"

namespace edge::blocks {

// Whose messages they are. Outlives the consumer.
struct ConsumerOwner {
  Loop& loop;
  App& app;
  SubscriberChannel& channel;
  CancelScope& deliveries;                 // cancelled when waiting for them is over
  const PubsubBlock* block = nullptr;      // knows the hub's lanes; null where messages are in none
  const Recipients* recipients = nullptr;  // null where the app is alone, in the baseline
};

class TopicConsumer {
 public:
  TopicConsumer(const ConsumerOwner& owner, BusHold bus, TopicSubscription subscription);

  // Legal once. Errors: those of Bus::subscribe; there is nothing to close then.
  Task<Status> open(Ctx ctx);
  // Waits for the messages under way; then none comes.
  Task<void> close();

  [[nodiscard]] const TopicSubscription& subscription() const noexcept { return subscription_; }
  [[nodiscard]] const BusHold& bus() const noexcept { return bus_; }

 private:
  // A message that was read: where it goes, or why it goes nowhere.
  struct Plan {
    IncomingEvent event;
    SubscriberChannel* channel = nullptr;
    std::shared_ptr<const LaneHeaders> lane;  // null on a hub without lanes
    std::string topic;
    std::optional<std::string> path;
    Outcome outcome;  // where there is no path
    pubsub::Attempt attempt = pubsub::Attempt::kLast;
  };

  Task<Status> handle(Ctx ctx, pubsub::Delivery delivery);
  Task<Status> handle_alone(Ctx ctx, pubsub::Delivery delivery);
  Task<Status> handle_in_bulk(Ctx ctx, pubsub::Delivery delivery);
  [[nodiscard]] Plan plan(const pubsub::Delivery& delivery);
  void choose_path(Plan& plan, const TopicSubscription& subscription,
                   const pubsub::Delivery& delivery) const;
  [[nodiscard]] policy::LaneContext lane_of(const std::optional<std::string>& named,
                                            std::string_view topic) const;
  // Where the event is, and which instance's.
  Status read(Plan& plan, policy::LaneContext& lane, const pubsub::Delivery& delivery) const;
  [[nodiscard]] std::string topic_of(const pubsub::Delivery& delivery) const;
  Task<Outcome> deliver(Ctx ctx, const pubsub::Delivery* delivery, const Plan* plan);
  Task<Status> settle(Ctx ctx, const pubsub::Delivery* delivery, const Plan* plan, Outcome outcome);
  Task<Status> dead_letter(Ctx ctx, const pubsub::Delivery* delivery, std::string why);
  void count(Verdict verdict, Duration took) const;
  [[nodiscard]] Error failure(std::string_view what) const;

  ConsumerOwner owner_;
  BusHold bus_;
  TopicSubscription subscription_;
  std::unique_ptr<BulkCollector> bulk_;  // null where messages go one by one
  std::unique_ptr<pubsub::Subscription> open_;
};

}  // namespace edge::blocks
