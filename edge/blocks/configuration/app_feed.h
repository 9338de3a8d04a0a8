// Tells one app what has changed in its configuration, one call after the other.
//
// POST /configuration/{store}/{key} for each key, to be answered 200. A call that fails is made
// again; then it is logged, and the next key follows. An app that is unhealthy is called, too.
// Where nothing listens in the app's place, the app is gone: when it comes back, it subscribes
// again. Source: wire reference §6.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/configuration/subscription.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"

namespace edge::blocks {

class AppFeed {
 public:
  // Gives the items of keys, in which an absent key is an empty item.
  using Reader = std::function<Task<Result<configuration::Items>>(
      Ctx ctx, std::shared_ptr<Subscription> subscription, std::set<std::string> keys)>;

  // Told when the app is gone, from the feed's own task.
  using Gone = std::function<void()>;

  // `app` outlives the feed; close() before it goes.
  AppFeed(Loop& loop, App& app, Reader reader, Gone gone);

  // `subscription` has changes to hand on.
  void push(std::shared_ptr<Subscription> subscription);
  // Ends the call under way and waits for its end.
  Task<void> close() { return group_.close(); }

 private:
  Task<void> run(Ctx ctx);
  Task<void> tell(Ctx ctx, std::shared_ptr<Subscription> subscription);
  Task<bool> tell_key(Ctx ctx, const Subscription* subscription, const std::string* key,
                      const std::string* body);
  void give_up(const Subscription& subscription, const std::string& key, const Error& error);
  Task<Status> call(Ctx ctx, const std::string* path, const std::string* body);

  Loop& loop_;
  App& app_;
  Reader reader_;
  Gone gone_;
  std::deque<std::shared_ptr<Subscription>> ready_;
  Event wake_;
  TaskGroup group_;
};

}  // namespace edge::blocks
