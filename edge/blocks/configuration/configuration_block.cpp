#include "edge/blocks/configuration/configuration_block.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/blocks/configuration/viewer_lane.h"

namespace edge::blocks {
namespace {

constexpr std::size_t kMostSubscriptions = 100;  // of one app

// As Go prints a list of strings.
std::string list_text(const std::vector<std::string>& keys) {
  std::string text = "[";
  for (const std::string& key : keys) text.append(text.size() > 1 ? " " : "").append(key);
  return text + "]";
}

// An instance of this hub whose health a store of these scopes minds.
bool is_minded(const App& app, const std::vector<std::string>& scopes) {
  const bool in_scope = scopes.empty() || std::ranges::find(scopes, app.id()) != scopes.end();
  return in_scope && app.callable() && app.settings().hub.empty();
}

ApiError subscribe_error(const SubscriptionWish& wish, const std::string& store,
                         const Error& error) {
  return {.grpc = Code::kInvalidArgument,
          .tag = "ERR_CONFIGURATION_SUBSCRIBE",
          .message = "failed to subscribe " + list_text(wish.keys) + " from Configuration store " +
                     store + ": " + error.message};
}

configuration::Observer observer_of(const std::shared_ptr<Subscription>& subscription) {
  return [weak = std::weak_ptr(subscription)](const configuration::Items& changed) {
    if (const auto told = weak.lock()) told->note(changed);
  };
}

// What is another or gone in `after`.
configuration::Items differences(const configuration::Items& before, configuration::Items after) {
  configuration::Items changed;
  for (const auto& [key, item] : before) {
    const auto now = after.find(key);
    if (now == after.end()) {
      changed.try_emplace(key);
    } else if (now->second.value == item.value) {
      after.erase(now);
    }
  }
  changed.merge(after);
  return changed;
}

}  // namespace

ConfigurationStream::ConfigurationStream(ConfigurationBlock& block, Loop& loop,
                                         std::shared_ptr<Subscription> from)
    : block_(block), subscription_(std::move(from)), changed_(loop) {
  subscription_->on_change([this] { changed_.set(); });
  if (subscription_->has_changes() || subscription_->ended()) changed_.set();
}

ConfigurationStream::~ConfigurationStream() {
  subscription_->on_change({});
  block_.end(subscription_->id());
}

Task<Result<std::optional<ConfigurationUpdate>>> ConfigurationStream::next(Ctx ctx) {
  while (!subscription_->has_changes()) {
    if (subscription_->ended()) co_return std::optional<ConfigurationUpdate>();
    changed_.reset();
    auto woken = co_await changed_.wait(ctx);
    if (!woken) co_return woken.error();
  }
  auto update = co_await block_.read(ctx, subscription_, subscription_->take());
  if (!update) co_return std::move(update).error();
  co_return std::optional(std::move(*update));
}

void ConfigurationBlock::add(ConfigurationStore store) {
  if (auto* guarded = store.guarded()) {
    if (apps_ != nullptr) guarded->judge_by(health_for(store.scopes));
    guarded->on_generations([this] {
      if (on_generations_) on_generations_();
    });
  }
  stores_.add(std::move(store));
}

configuration::AppHealth ConfigurationBlock::health_for(std::vector<std::string> scopes) const {
  configuration::AppHealth health;
  health.well = [this, scopes] {
    std::set<std::string> well;
    for (const auto& [name, app] : apps_->all()) {
      if (is_minded(*app, scopes) && app->health() == AppHealth::kHealthy) well.insert(name);
    }
    return well;
  };
  health.is_unwell = [this, scopes = std::move(scopes)](const std::string& name) {
    const App* app = apps_->find(name);
    return app != nullptr && is_minded(*app, scopes) && app->health() == AppHealth::kUnhealthy;
  };
  return health;
}

void ConfigurationBlock::note_unwell(const App& app) {
  for (const std::string& name : stores_.names()) {
    const ConfigurationLease store = stores_.find(name);
    if (!store || !is_minded(app, store->scopes)) continue;
    if (auto* guarded = store->guarded()) guarded->suspect(app.name());
  }
}

StoreGenerations ConfigurationBlock::generations() const {
  StoreGenerations all;
  for (const std::string& name : stores_.names()) {
    const ConfigurationLease store = stores_.find(name);
    if (!store) continue;
    if (const auto* guarded = store->guarded()) all[name] = guarded->generations();
  }
  return all;
}

ApiResult<ConfigurationLease> ConfigurationBlock::find(const App* app,
                                                       std::string_view name) const {
  ConfigurationLease store = stores_.find(name);
  if (store && (app == nullptr || stores_.permits(*store, app->id()))) return store;
  const bool any = app == nullptr ? !stores_.empty() : stores_.any_for(app->id());
  ApiError error;
  error.http = any ? 400 : 500;
  error.grpc = any ? Code::kInvalidArgument : Code::kFailedPrecondition;
  error.tag = any ? "ERR_CONFIGURATION_STORE_NOT_FOUND" : "ERR_CONFIGURATION_STORE_NOT_CONFIGURED";
  error.message = any ? "configuration store " + std::string(name) + " not found"
                      : "configuration stores not configured";
  return std::unexpected(std::move(error));
}

Task<ApiResult<configuration::Items>> ConfigurationBlock::get(Ctx ctx, ConfigurationStore* store,
                                                              std::vector<std::string> keys,
                                                              configuration::Metadata metadata) {
  auto items = co_await store->store->get(ctx, keys, std::move(metadata));
  if (items) co_return std::move(*items);
  ApiError error;
  error.tag = "ERR_CONFIGURATION_GET";
  error.message = "failed to get " + list_text(keys) + " from Configuration store " + store->name +
                  ": " + items.error().message;
  co_return std::unexpected(std::move(error));
}

Task<ApiResult<std::string>> ConfigurationBlock::subscribe(Ctx ctx, App* app,
                                                           ConfigurationStore* store,
                                                           SubscriptionWish wish) {
  if (!app->callable()) {
    co_return std::unexpected(
        ApiError{.tag = "ERR_APP_CHANNEL_NIL",
                 .message = "app channel is not initialized. cannot subscribe to configuration "
                            "updates"});
  }
  wish.app_id = app->name();
  auto made = co_await enter(ctx, store, Subscription::Kind::kApp, std::move(wish));
  if (!made) co_return std::unexpected(std::move(made.error()));
  const std::shared_ptr<Subscription> subscription = *made;
  AppFeed* feed = &feed_of(*app);
  const auto hand_on = [feed, weak = std::weak_ptr(subscription)] {
    if (auto changed = weak.lock()) feed->push(std::move(changed));
  };
  subscription->on_change(hand_on);
  if (subscription->has_changes()) hand_on();
  co_return subscription->id();
}

Task<ApiResult<std::unique_ptr<ConfigurationStream>>> ConfigurationBlock::open_stream(
    Ctx ctx, ConfigurationStore* store, SubscriptionWish wish) {
  if (streams_ended_) {
    co_return std::unexpected(
        subscribe_error(wish, store->name, {Code::kUnavailable, "the hub is stopping"}));
  }
  auto made = co_await enter(ctx, store, Subscription::Kind::kStream, std::move(wish));
  if (!made) co_return std::unexpected(std::move(made.error()));
  co_return std::make_unique<ConfigurationStream>(*this, loop_, std::move(*made));
}

Task<ApiResult<std::shared_ptr<Subscription>>> ConfigurationBlock::enter(Ctx ctx,
                                                                         ConfigurationStore* store,
                                                                         Subscription::Kind kind,
                                                                         SubscriptionWish wish) {
  if (auto room = make_room(wish, store->store.get()); !room) {
    co_return std::unexpected(subscribe_error(wish, store->name, room.error()));
  }
  auto subscription =
      std::make_shared<Subscription>(uuid_v4(loop_.random()), kind, wish, store->name);
  auto observer = observer_of(subscription);
  auto at_store =
      co_await store->store->subscribe(ctx, wish.keys, wish.metadata, std::move(observer));
  if (!at_store) {
    co_return std::unexpected(subscribe_error(wish, store->name, at_store.error()));
  }
  subscriptions_.emplace(subscription->id(),
                         Entry{subscription, store->store.get(), *at_store, ++last_number_});
  co_return subscription;
}

Task<void> ConfigurationBlock::follow(Ctx ctx, const Lanes* lanes) {
  std::vector<std::pair<std::string, configuration::Metadata>> moved;
  for (const auto& [id, entry] : subscriptions_) {
    const SubscriptionWish& wish = entry.subscription->wish();
    const App* app = apps_ == nullptr ? nullptr : apps_->find(wish.app_id);
    if (app == nullptr) continue;
    configuration::Metadata metadata = wish.metadata;
    set_lane(metadata, lanes->own_lane(app->lane()));
    if (metadata != wish.metadata) moved.emplace_back(id, std::move(metadata));
  }
  for (auto& [id, metadata] : moved) co_await move(ctx, id, std::move(metadata));
}

// Subscribed there before it ends here, so that no change falls between. It may have ended, and
// been moved, at each await.
Task<void> ConfigurationBlock::move(Ctx ctx, std::string id, configuration::Metadata metadata) {
  auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) co_return;
  const std::shared_ptr<Subscription> subscription = found->second.subscription;
  const configuration::SubscriptionId left = found->second.at_store;
  const SubscriptionWish wish = subscription->wish();
  const ConfigurationLease store = stores_.find(subscription->store());
  if (!store) co_return;
  auto before = co_await store->store->get(ctx, wish.keys, wish.metadata);
  auto observer = observer_of(subscription);
  auto entered = co_await store->store->subscribe(ctx, wish.keys, metadata, std::move(observer));
  found = subscriptions_.find(id);
  const bool is_here = found != subscriptions_.end() && found->second.at_store == left;
  if (!entered || !is_here) {
    if (entered) static_cast<void>(store->store->unsubscribe(*entered));
    co_return;
  }
  found->second.at_store = *entered;
  static_cast<void>(store->store->unsubscribe(left));
  subscription->read_with(metadata);
  auto after = co_await store->store->get(ctx, wish.keys, std::move(metadata));
  if (!after) co_return;
  const configuration::Items seen = before ? std::move(*before) : configuration::Items();
  subscription->note(differences(seen, std::move(*after)));
}

// An app that starts again subscribes again, and nothing ends what it had before: when there are
// too many, its oldest subscription to the same gives way.
Status ConfigurationBlock::make_room(const SubscriptionWish& wish,
                                     const configuration::Store* store) {
  std::size_t count = 0;
  const Entry* oldest = nullptr;
  for (const auto& [id, entry] : subscriptions_) {
    if (entry.subscription->wish().app_id != wish.app_id) continue;
    ++count;
    const bool same = entry.store == store && entry.subscription->wish() == wish &&
                      entry.subscription->kind() == Subscription::Kind::kApp;
    if (same && (oldest == nullptr || entry.number < oldest->number)) oldest = &entry;
  }
  if (count < kMostSubscriptions) return {};
  if (oldest == nullptr) {
    return Error{Code::kResourceExhausted,
                 "there are " + std::to_string(count) +
                     " subscriptions already; end those that are not needed by unsubscribe"};
  }
  end(std::string(oldest->subscription->id()));
  return {};
}

void ConfigurationBlock::end(const std::string& id) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return;
  const Entry entry = std::move(found->second);
  subscriptions_.erase(found);
  const auto ended = entry.store->unsubscribe(entry.at_store);
  if (!ended) log::warn("edge.configuration", ended.error().message, {{"subscription", id}});
  entry.subscription->end();
}

template <class Which>
void ConfigurationBlock::end_all(Which which) {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : subscriptions_) {
    if (which(entry)) ids.push_back(id);
  }
  for (const std::string& id : ids) end(id);
}

Status ConfigurationBlock::unsubscribe(std::string_view app_id, std::string_view store,
                                       const std::string& id) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end() || found->second.subscription->wish().app_id != app_id ||
      found->second.subscription->store() != store) {
    return Error{Code::kNotFound, "subscription does not exist"};
  }
  end(id);
  return {};
}

AppFeed& ConfigurationBlock::feed_of(App& app) {
  auto& feed = feeds_[app.name()];
  if (!feed) {
    const auto reader = [this](Ctx ctx, std::shared_ptr<Subscription> subscription,
                               std::set<std::string> keys) {
      return read_items(ctx, std::move(subscription), std::move(keys));
    };
    feed = std::make_unique<AppFeed>(loop_, app, reader, [this, id = app.name()] { end_of(id); });
  }
  return *feed;
}

Task<Result<ConfigurationUpdate>> ConfigurationBlock::read(
    Ctx ctx, std::shared_ptr<Subscription> subscription, std::set<std::string> keys) {
  const ConfigurationLease store = stores_.find(subscription->store());
  if (!store) co_return Error{Code::kNotFound, "the store is gone"};
  std::vector<std::string> wanted(keys.begin(), keys.end());
  auto items = co_await store->store->get(ctx, std::move(wanted), subscription->wish().metadata);
  if (!items) co_return std::move(items).error();
  ConfigurationUpdate update{.revision = 0, .items = std::move(*items)};
  for (const std::string& key : keys) update.items.try_emplace(key);
  if (const auto* editable = store->editable()) update.revision = editable->revision();
  co_return update;
}

Task<Result<configuration::Items>> ConfigurationBlock::read_items(
    Ctx ctx, std::shared_ptr<Subscription> subscription, std::set<std::string> keys) {
  auto update = co_await read(ctx, std::move(subscription), std::move(keys));
  if (!update) co_return std::move(update).error();
  co_return std::move(update->items);
}

Task<void> ConfigurationBlock::remove_store(std::string name) {
  auto taken = co_await stores_.take(&loop_, std::move(name));
  if (!taken) co_return;
  const configuration::Store* store = taken->store.get();
  end_all([store](const Entry& entry) { return entry.store == store; });
  co_await taken->store->close();
}

void ConfigurationBlock::end_of(const std::string& app_id) {
  end_all([&app_id](const Entry& entry) { return entry.subscription->wish().app_id == app_id; });
}

void ConfigurationBlock::end_streams() {
  streams_ended_ = true;
  end_all(
      [](const Entry& entry) { return entry.subscription->kind() == Subscription::Kind::kStream; });
}

Task<void> ConfigurationBlock::close() {
  end_streams();
  end_all([](const Entry&) { return true; });
  for (const auto& [id, feed] : feeds_) co_await feed->close();
  feeds_.clear();
  for (const std::string& name : stores_.names()) co_await remove_store(name);
}

}  // namespace edge::blocks
