// Configuration: items of stores for apps and tools, and word of their changes.
//
// Source: wire reference §6. A subscription's changes go to the app by calls (app_feed.h), or are
// taken from a stream, which protocols with streams and the command line use. It ends with
// unsubscribe(), with its stream, its store, or its app: when nothing listens in its place.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/configuration/configuration.h"
#include "edge/blocks/api_error.h"
#include "edge/blocks/apps/app_table.h"
#include "edge/blocks/component_table.h"
#include "edge/blocks/configuration/app_feed.h"
#include "edge/blocks/configuration/generations_json.h"
#include "edge/blocks/configuration/subscription.h"
#include "edge/blocks/lanes/lanes.h"

namespace edge::blocks {

// A store that components made available.
struct ConfigurationStore {
  std::string name;
  std::unique_ptr<configuration::Store> store;
  std::vector<std::string> scopes;  // app ids; empty: every app

  // Null where the store is written elsewhere.
  [[nodiscard]] configuration::EditableStore* editable() const {
    return dynamic_cast<configuration::EditableStore*>(store.get());
  }
  // Null where the store takes nothing over.
  [[nodiscard]] configuration::GuardedStore* guarded() const {
    return dynamic_cast<configuration::GuardedStore*>(store.get());
  }
  // Null where the store keeps no copy of what is elsewhere.
  [[nodiscard]] configuration::ReplicaStore* replica() const {
    return dynamic_cast<configuration::ReplicaStore*>(store.get());
  }
};

using ConfigurationLease = ComponentTable<ConfigurationStore>::Lease;

struct ConfigurationUpdate {
  std::uint64_t revision = 0;  // the store's at that moment; 0 where it numbers none
  configuration::Items items;
};

class ConfigurationBlock;

// Ends its subscription when it goes; it goes before the block.
class ConfigurationStream {
 public:
  ConfigurationStream(ConfigurationBlock& block, Loop& loop, std::shared_ptr<Subscription> from);
  ConfigurationStream(const ConfigurationStream&) = delete;
  ConfigurationStream& operator=(const ConfigurationStream&) = delete;
  ~ConfigurationStream();

  [[nodiscard]] const std::string& id() const noexcept { return subscription_->id(); }
  // Waits for the next changes; of several that were made meanwhile, the last of each key. Nothing
  // once the subscription has ended. Errors: kCancelled, kDeadlineExceeded, the store's.
  Task<Result<std::optional<ConfigurationUpdate>>> next(Ctx ctx);

 private:
  ConfigurationBlock& block_;
  std::shared_ptr<Subscription> subscription_;
  Event changed_;
};

class ConfigurationBlock {
 public:
  explicit ConfigurationBlock(Loop& loop) noexcept : loop_(loop) {}

  // Whose health says whether a revision stays; outlives the block. Before the first add().
  void use(const AppTable& apps) noexcept { apps_ = &apps; }
  void add(ConfigurationStore store);
  // Ends its subscriptions, and closes it when those who use it have finished.
  Task<void> remove_store(std::string name);
  [[nodiscard]] bool has_stores() const noexcept { return !stores_.empty(); }
  [[nodiscard]] std::vector<std::string> names() const { return stores_.names(); }

  // The store that `app` means; null: for the hub's own tools. Errors: not configured, not found.
  [[nodiscard]] ApiResult<ConfigurationLease> find(const App* app, std::string_view name) const;

  // The caller holds the store's lease until the call ends. No keys: all.
  Task<ApiResult<configuration::Items>> get(Ctx ctx, ConfigurationStore* store,
                                            std::vector<std::string> keys,
                                            configuration::Metadata metadata);

  // Has the app called; gives the subscription's id. Errors: the app cannot be called, has too
  // many subscriptions, or the store's.
  Task<ApiResult<std::string>> subscribe(Ctx ctx, App* app, ConfigurationStore* store,
                                         SubscriptionWish wish);
  Task<ApiResult<std::unique_ptr<ConfigurationStream>>> open_stream(Ctx ctx,
                                                                    ConfigurationStore* store,
                                                                    SubscriptionWish wish);
  // Errors: kNotFound, also for another app's and another store's.
  // `app_id`: the instance's name.
  Status unsubscribe(std::string_view app_id, std::string_view store, const std::string& id);

  // Instances may be in other lanes now: their subscriptions tell of those from here on, and of
  // what differs there.
  Task<void> follow(Ctx ctx, const Lanes* lanes);

  // An app was well and is not any more: what its stores have on probation is rolled back.
  void note_unwell(const App& app);
  // Of the stores that take revisions over from elsewhere.
  [[nodiscard]] StoreGenerations generations() const;
  // Called when these have become others.
  void on_generations(std::function<void()> observer) { on_generations_ = std::move(observer); }

  // Ends every stream and opens no more, so that a stop need not wait for them.
  void end_streams();
  // Ends everything. Legal when no call is pending.
  Task<void> close();

 private:
  friend class ConfigurationStream;
  struct Entry {
    std::shared_ptr<Subscription> subscription;
    configuration::Store* store;
    configuration::SubscriptionId at_store;
    std::uint64_t number;  // in the order of their beginnings
  };

  Task<ApiResult<std::shared_ptr<Subscription>>> enter(Ctx ctx, ConfigurationStore* store,
                                                       Subscription::Kind kind,
                                                       SubscriptionWish wish);
  Status make_room(const SubscriptionWish& wish, const configuration::Store* store);
  [[nodiscard]] configuration::AppHealth health_for(std::vector<std::string> scopes) const;
  Task<void> move(Ctx ctx, std::string id, configuration::Metadata metadata);
  void end(const std::string& id);
  void end_of(const std::string& app_id);
  template <class Which>
  void end_all(Which which);
  AppFeed& feed_of(App& app);
  Task<Result<ConfigurationUpdate>> read(Ctx ctx, std::shared_ptr<Subscription> subscription,
                                         std::set<std::string> keys);
  Task<Result<configuration::Items>> read_items(Ctx ctx, std::shared_ptr<Subscription> subscription,
                                                std::set<std::string> keys);

  Loop& loop_;
  ComponentTable<ConfigurationStore> stores_;
  std::map<std::string, Entry, std::less<>> subscriptions_;  // by id
  std::map<std::string, std::unique_ptr<AppFeed>, std::less<>> feeds_;
  const AppTable* apps_ = nullptr;
  std::function<void()> on_generations_;
  std::uint64_t last_number_ = 0;
  bool streams_ended_ = false;
};

}  // namespace edge::blocks
