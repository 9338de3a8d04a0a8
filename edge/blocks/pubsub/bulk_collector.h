// Collects messages of one subscription until there are enough of them, or the first has waited
// long enough, and hands them to the app together. Source: wire reference §3.11.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/pubsub/incoming_event.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/loop/task_group.h"

namespace edge::blocks {

// A message that waits for its batch, and then for what the app says of it.
struct BulkItem {
  BulkItem(Loop& loop, pubsub::Delivery message) : delivery(std::move(message)), answered(loop) {}

  pubsub::Delivery delivery;
  IncomingEvent event;
  std::string path;
  std::string topic;  // as the app knows it
  SubscriberChannel* channel = nullptr;
  std::shared_ptr<const LaneHeaders> lane;  // null on a hub without lanes
  Outcome outcome;
  Event answered;
};

class BulkCollector final : private Timer {
 public:
  // `app` and `subscription` outlive it; `ctx` cancels what is at the app.
  BulkCollector(const App& app, Loop& loop, const TopicSubscription& subscription, Ctx ctx);

  // Adds a message and waits for its outcome. Errors: `ctx` ended; the message may be at the app.
  Task<Result<Outcome>> deliver(Ctx ctx, std::shared_ptr<BulkItem> item);

  // From here on nothing waits for more.
  void hurry();
  // Legal when no deliver() is pending.
  Task<void> close() { return group_.close(); }

 private:
  using Items = std::vector<std::shared_ptr<BulkItem>>;

  void expired() noexcept override { flush(); }
  void flush();
  Task<void> send(Ctx ctx, Items items);
  void count(const std::vector<Outcome>& outcomes, Duration took) const;

  const App& app_;
  Loop& loop_;
  const TopicSubscription& subscription_;
  bool hurried_ = false;
  Items waiting_;
  TaskGroup group_;
};

}  // namespace edge::blocks
