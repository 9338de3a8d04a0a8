// The subscribers of this hub: one for each app that can be called, with its instances.
#pragma once

#include <list>
#include <memory>
#include <string_view>
#include <vector>

#include "edge/blocks/pubsub/subscriber.h"
#include "edge/daemon/resources/subscription.h"
#include "edge/loop/task_group.h"

namespace edge::daemon {

class Subscribers {
 public:
  // `block` and `group` outlive it; the group is closed before it goes. `own_lists`: whether apps
  // are asked for theirs.
  Subscribers(blocks::PubsubBlock& block, TaskGroup& group,
              blocks::OwnList own_lists = blocks::OwnList::kFetched)
      : block_(block), group_(group), own_lists_(own_lists) {}

  // Its subscriptions open once set_wanted() says so. Legal once for each instance, before start().
  void add(blocks::App& app);
  void start();
  void set_wanted(const blocks::App& app, blocks::Subscriber::Wanted wanted);
  // Has the subscriptions of `app` opened, and waits until each has been tried once.
  Task<void> open(Ctx ctx, const blocks::App* app);

  // The Subscription resources, all of them, in load order. One that cannot be used is logged and
  // left out.
  void declare(const std::vector<Subscription>& resources);

  // Takes no further message and waits for those under way, until `limit` ends: these are
  // cancelled then. Nothing is subscribed from here on.
  Task<void> stop(Ctx limit);

  // What is open for an app.
  [[nodiscard]] std::vector<const blocks::TopicSubscription*> active(std::string_view app_id) const;

 private:
  static std::unique_ptr<blocks::SubscriberChannel> channel_to(blocks::App& app);
  struct Entry {
    Entry(blocks::PubsubBlock& block, blocks::App& app, blocks::OwnList own_list)
        : channels(1), subscriber(block, app, *(channels[0] = channel_to(app)), own_list) {}
    std::vector<std::unique_ptr<blocks::SubscriberChannel>> channels;  // one for each instance
    blocks::Subscriber subscriber;
  };

  blocks::PubsubBlock& block_;
  TaskGroup& group_;
  blocks::OwnList own_lists_;
  std::list<Entry> entries_;
  std::vector<blocks::TopicSubscription> declared_;
};

// A resource as the block takes it. Errors: kInvalidArgument, with file and line.
Result<blocks::TopicSubscription> to_subscription(const Subscription& resource);

}  // namespace edge::daemon
