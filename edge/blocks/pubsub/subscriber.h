// Subscriber: what one app subscribes to, for as long as the app and the buses are there.
//
// An app may have an instance in each lane. On a bus they are one consumer: each message goes to
// one of them. What the baseline's instance subscribes to is open while that is well; besides, what
// only other instances subscribe to.
//
// run() is one task that brings about what is wanted: it fetches the app's own list once, opens
// subscriptions, closes those that are no longer wanted, and tries again what failed, for life.
// Everything else only changes what is wanted. Source: wire reference §3.6, §3.7, §13.5.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/blocks/pubsub/recipients.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/blocks/pubsub/topic_consumer.h"
#include "edge/loop/sync.h"

namespace edge::blocks {

// Whether the app is asked for its own list.
enum class OwnList : std::uint8_t { kFetched, kSkipped };

// Lives on the loop; `block`, apps and channels outlive it.
class Subscriber final : public BusWatcher, public Recipients {
 public:
  enum class Wanted : std::uint8_t { kNo, kYes };

  Subscriber(PubsubBlock& block, App& app, SubscriberChannel& channel,
             OwnList own_list = OwnList::kFetched);
  ~Subscriber() override;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Another instance of the app. Legal before run().
  void add_instance(App& app, SubscriberChannel& channel, OwnList own_list = OwnList::kFetched);

  // Works until `ctx` ends, which cancels messages under way, or stop() is called; closes
  // everything then. Legal once. Nothing is subscribed before set_wanted().
  Task<void> run(Ctx ctx);

  // The app is there and well: its subscriptions are wanted; or it is not, and they are closed.
  void set_wanted(Wanted wanted) { set_wanted(app(), wanted); }
  void set_wanted(const App& instance, Wanted wanted);

  // Until what is wanted now has been tried for the first time. Errors: kCancelled,
  // kDeadlineExceeded.
  Task<Status> settled(Ctx ctx) { return settled_.wait(ctx); }

  // All declared subscriptions of the hub, in load order; those for other apps are passed over.
  // What is the same as before stays open.
  void set_declarations(std::vector<TopicSubscription> declarations);

  // Takes no further message and waits for those under way, until `limit` ends: then they are
  // cancelled and awaited. run() ends.
  Task<void> stop(Ctx limit);

  void buses_changed() override { changed_.set(); }

  [[nodiscard]] std::optional<Recipient> choose(const TopicSubscription& opened,
                                                policy::LaneId lane) const override;

  // The first instance: the baseline's where there is one.
  [[nodiscard]] App& app() const noexcept { return *instances_.front().app; }
  [[nodiscard]] bool has_instance(const App& app) const noexcept;
  // What is open now, for metadata.
  [[nodiscard]] std::vector<const TopicSubscription*> active() const;

 private:
  using Consumers = std::vector<std::unique_ptr<TopicConsumer>>;
  struct Instance {
    App* app;
    SubscriberChannel* channel;
    OwnList own_list;
    Wanted wanted = Wanted::kNo;
    std::vector<TopicSubscription> own;
    std::vector<TopicSubscription> all;  // with the declared ones

    [[nodiscard]] const TopicSubscription* find(const TopicSubscription& like) const noexcept;
  };

  Task<void> reconcile(Ctx ctx);
  Task<void> fetch_own_list(Ctx ctx, Instance* instance);
  Task<Result<std::vector<TopicSubscription>>> list_with_retries(Ctx ctx, const Instance* instance);
  // What has to be open.
  std::vector<TopicSubscription> merge();
  Task<void> close_unwanted(const std::vector<TopicSubscription>* wanted);
  Task<void> open_one(Ctx ctx, TopicSubscription subscription);
  [[nodiscard]] bool is_open(const TopicSubscription& subscription) const;
  // Empty where the bus is not there or the topic is not allowed, which is logged once.
  [[nodiscard]] BusHold bus_for(const TopicSubscription& subscription);
  Task<void> wait_for_change(Ctx ctx);

  Loop& loop_;
  PubsubBlock& block_;
  std::vector<Instance> instances_;  // the baseline's first
  std::vector<TopicSubscription> declared_;
  Consumers open_;
  std::set<std::string> noted_;  // what was logged, so that it is said once
  bool running_ = false;
  bool stopping_ = false;
  bool failed_ = false;  // something could not be opened
  Duration pause_;       // until it is tried again
  CancelScope opening_;  // cancelled by stop(): nothing new is begun
  CancelScope deliveries_;
  Event changed_;
  Event settled_;
  Event ended_;
};

}  // namespace edge::blocks
