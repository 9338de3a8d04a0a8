#include "edge/daemon/subscribers.h"

#include "edge/api/grpc/rpc_subscriber.h"
#include "edge/api/http/http_subscriber.h"
#include "edge/base/log.h"

namespace edge::daemon {
namespace {

Task<void> stop_one(blocks::Subscriber* subscriber, Ctx limit) {
  co_await subscriber->stop(limit);
}

}  // namespace

Result<blocks::TopicSubscription> to_subscription(const Subscription& resource) {
  blocks::SubscriptionText text;
  text.pubsub = resource.pubsub;
  text.topic = resource.topic;
  for (const SubscriptionRule& rule : resource.rules) text.rules.push_back({rule.match, rule.path});
  if (!resource.default_path.empty()) text.default_path = resource.default_path;
  text.metadata.insert(resource.metadata.begin(), resource.metadata.end());
  text.dead_letter_topic = resource.dead_letter_topic;
  text.bulk = {resource.bulk.enabled, resource.bulk.max_messages, resource.bulk.max_await};
  text.scopes = resource.scopes;
  auto built = blocks::TopicSubscription::build(std::move(text));
  if (!built) {
    return built.error().within(to_text(resource.source) + ": subscription " + resource.name);
  }
  return built;
}

std::unique_ptr<blocks::SubscriberChannel> Subscribers::channel_to(blocks::App& app) {
  if (app.speaks_grpc()) return std::make_unique<api::RpcSubscriber>(app);
  return std::make_unique<api::HttpSubscriber>(app);
}

void Subscribers::add(blocks::App& app) {
  for (Entry& entry : entries_) {
    if (entry.subscriber.app().id() != app.id()) continue;
    entry.channels.push_back(channel_to(app));
    entry.subscriber.add_instance(app, *entry.channels.back(), own_lists_);
    return;
  }
  entries_.emplace_back(block_, app, own_lists_);
}

void Subscribers::start() {
  for (Entry& entry : entries_) {
    entry.subscriber.set_declarations(declared_);
    group_.spawn(entry.subscriber.run(group_.ctx()));
  }
}

void Subscribers::set_wanted(const blocks::App& app, blocks::Subscriber::Wanted wanted) {
  for (Entry& entry : entries_) {
    if (entry.subscriber.has_instance(app)) entry.subscriber.set_wanted(app, wanted);
  }
}

Task<void> Subscribers::open(Ctx ctx, const blocks::App* app) {
  set_wanted(*app, blocks::Subscriber::Wanted::kYes);
  for (Entry& entry : entries_) {
    if (!entry.subscriber.has_instance(*app)) continue;
    auto settled = co_await entry.subscriber.settled(ctx);
    static_cast<void>(settled);  // the caller looks at `ctx`
  }
}

void Subscribers::declare(const std::vector<Subscription>& resources) {
  declared_.clear();
  for (const Subscription& resource : resources) {
    auto built = to_subscription(resource);
    if (built) {
      declared_.push_back(std::move(*built));
    } else {
      log::error("dapr.runtime", "a subscription cannot be used and is left out",
                 {{"error", built.error().message}});
    }
  }
  for (Entry& entry : entries_) entry.subscriber.set_declarations(declared_);
}

Task<void> Subscribers::stop(Ctx limit) {
  TaskGroup stopping(block_.loop(), "stopping subscriptions");
  for (Entry& entry : entries_) stopping.spawn(stop_one(&entry.subscriber, limit));
  co_await stopping.wait();
  co_await stopping.close();
}

std::vector<const blocks::TopicSubscription*> Subscribers::active(std::string_view app_id) const {
  for (const Entry& entry : entries_) {
    if (entry.subscriber.app().id() == app_id) return entry.subscriber.active();
  }
  return {};
}

}  // namespace edge::daemon
