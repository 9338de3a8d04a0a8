#include "edge/blocks/pubsub/topic_consumer.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/log.h"
#include "edge/blocks/pubsub/envelope.h"
#include "edge/blocks/pubsub/json_scan.h"
#include "edge/blocks/pubsub/linked_scope.h"
#include "edge/observe/meters.h"

namespace edge::blocks {
namespace {

constexpr std::string_view kLogScope = "edge.pubsub";
constexpr Duration kDeadLetterTime = std::chrono::seconds(30);

}  // namespace

TopicConsumer::TopicConsumer(const ConsumerOwner& owner, BusHold bus,
                             TopicSubscription subscription)
    : owner_(owner), bus_(std::move(bus)), subscription_(std::move(subscription)) {
  if (!subscription_.text().bulk.enabled) return;
  bulk_ = std::make_unique<BulkCollector>(owner_.app, owner_.loop, subscription_,
                                          owner_.deliveries.ctx());
}

Task<Status> TopicConsumer::open(Ctx ctx) {
  pubsub::SubscribeRequest request;
  request.app_id = owner_.app.id();
  request.topic = bus_.component().topic_on_bus(owner_.app, subscription_.topic());
  request.metadata = subscription_.text().metadata;
  if (bulk_) {
    // As daprd tells a bus how many messages are wanted at a time.
    const BulkDelivery& bulk = subscription_.text().bulk;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(bulk.max_await);
    request.metadata["maxBulkSubCount"] = std::to_string(bulk.max_messages);
    request.metadata["maxBulkSubAwaitDurationMs"] = std::to_string(milliseconds.count());
  }
  const auto handler = [this](Ctx at, pubsub::Delivery delivery) {
    return handle(at, std::move(delivery));
  };
  auto opened = co_await bus_.bus().subscribe(ctx, std::move(request), handler);
  if (!opened) co_return opened.error();
  open_ = std::move(*opened);
  co_return Status();
}

Task<void> TopicConsumer::close() {
  if (bulk_) bulk_->hurry();
  if (open_) co_await open_->close();
  open_.reset();
  if (bulk_) co_await bulk_->close();
  bus_.release();
}

Task<Status> TopicConsumer::handle(Ctx ctx, pubsub::Delivery delivery) {
  return bulk_ ? handle_in_bulk(ctx, std::move(delivery)) : handle_alone(ctx, std::move(delivery));
}

Task<Status> TopicConsumer::handle_alone(Ctx ctx, pubsub::Delivery delivery) {
  LinkedScope scope(ctx, owner_.deliveries.ctx());
  const Plan planned = plan(delivery);
  Outcome outcome = planned.outcome;
  const TimePoint began = owner_.loop.now();
  if (planned.path) outcome = co_await deliver(scope.ctx(), &delivery, &planned);
  count(outcome.verdict, owner_.loop.now() - began);
  co_return co_await settle(scope.ctx(), &delivery, &planned, std::move(outcome));
}

Task<Status> TopicConsumer::handle_in_bulk(Ctx ctx, pubsub::Delivery delivery) {
  LinkedScope scope(ctx, owner_.deliveries.ctx());
  Plan planned = plan(delivery);
  if (!planned.path) {
    count(planned.outcome.verdict, Duration::zero());
    co_return co_await settle(scope.ctx(), &delivery, &planned, planned.outcome);
  }
  const auto item = std::make_shared<BulkItem>(owner_.loop, std::move(delivery));
  item->event = std::move(planned.event);
  item->path = *planned.path;
  item->topic = planned.topic;
  item->channel = planned.channel;
  item->lane = planned.lane;
  auto outcome = co_await bulk_->deliver(scope.ctx(), item);
  if (!outcome) co_return outcome.error();
  co_return co_await settle(scope.ctx(), &item->delivery, &planned, std::move(*outcome));
}

// What a message is in that says nothing is the baseline; one of a device is where the rules say.
policy::LaneContext TopicConsumer::lane_of(const std::optional<std::string>& named,
                                           std::string_view topic) const {
  Lanes* lanes = owner_.block == nullptr ? nullptr : owner_.block->lanes();
  if (lanes == nullptr) return {};
  const policy::LaneTable& table = lanes->table();
  if (table.is_of_devices(subscription_.pubsub())) {
    return lanes->decide({.device = table.device_of(subscription_.pubsub(), topic)});
  }
  if (named) return lanes->decide({.inherited = *named});
  return {.lane = {}, .source = policy::LaneSource::kDefault};
}

Status TopicConsumer::read(Plan& plan, policy::LaneContext& lane,
                           const pubsub::Delivery& delivery) const {
  if (subscription_.is_raw()) {
    const auto named = delivery.metadata.find("lane");
    lane = lane_of(named == delivery.metadata.end() ? std::nullopt : std::optional(named->second),
                   plan.topic);
    const std::string_view lane_name = lane.travels() ? lane.lane.view() : "";
    plan.event =
        wrap_raw(delivery, {subscription_.pubsub(), plan.topic, lane_name}, owner_.loop.random());
    return {};
  }
  auto event = read_event(delivery);
  if (!event) return event.error();
  plan.event = std::move(*event);
  lane = lane_of(plan.event.lane, plan.topic);
  // What a device says of its lane is not passed on.
  const std::string_view lane_name = lane.travels() ? lane.lane.view() : "";
  if (lane.decided() && plan.event.lane.value_or("") != lane_name) {
    plan.event.made = event_in_lane(plan.event.body(delivery), lane_name);
  }
  return {};
}

TopicConsumer::Plan TopicConsumer::plan(const pubsub::Delivery& delivery) {
  Plan made;
  made.topic = topic_of(delivery);
  made.channel = &owner_.channel;
  policy::LaneContext lane;
  if (const auto event = read(made, lane, delivery); !event) {
    made.outcome = {Verdict::kRetry, event.error().message, 0};
    return made;
  }
  if (made.event.expiration && *made.event.expiration < owner_.loop.wall_now()) {
    made.outcome = {Verdict::kDrop, "the message has expired", 0};
    return made;
  }
  const TopicSubscription* subscription = &subscription_;
  if (owner_.recipients != nullptr) {
    const auto recipient = owner_.recipients->choose(subscription_, lane.lane);
    if (!recipient) return made;
    made.channel = recipient->channel;
    subscription = recipient->subscription;
  }
  if (lane.decided()) {
    made.lane = std::make_shared<const LaneHeaders>(owner_.block->lanes()->snapshot(), lane);
  }
  choose_path(made, *subscription, delivery);
  return made;
}

void TopicConsumer::choose_path(Plan& plan, const TopicSubscription& subscription,
                                const pubsub::Delivery& delivery) const {
  nlohmann::json event;
  if (subscription.has_conditions()) {
    auto parsed = parse_json(plan.event.body(delivery));
    if (parsed) event = std::move(*parsed);
  }
  auto path = subscription.route(event);
  if (!path) {
    plan.outcome = {Verdict::kRetry, path.error().message, 0};
    return;
  }
  plan.path = std::move(*path);
  plan.attempt = delivery.attempt;
  if (!plan.path) plan.outcome = {Verdict::kDrop, "no route matches the message", 0};
}

// Without the namespace that the bus knows it under.
std::string TopicConsumer::topic_of(const pubsub::Delivery& delivery) const {
  std::string_view topic = delivery.topic;
  const std::string prefix = bus_.component().topic_on_bus(owner_.app, "");
  if (topic.starts_with(prefix)) topic.remove_prefix(prefix.size());
  return std::string(topic.empty() ? std::string_view(subscription_.topic()) : topic);
}

Task<Outcome> TopicConsumer::deliver(Ctx ctx, const pubsub::Delivery* delivery, const Plan* plan) {
  const Trace trace{plan->event.traceparent, plan->event.tracestate, {}};
  EventCall call;
  call.path = *plan->path;
  call.pubsub = subscription_.pubsub();
  call.topic = plan->topic;
  call.body = plan->event.body(*delivery);
  call.metadata = &delivery->metadata;
  call.lane = plan->lane.get();
  co_return co_await plan->channel->deliver(ctx.with_trace(trace), &call);
}

Task<Status> TopicConsumer::settle(Ctx ctx, const pubsub::Delivery* delivery, const Plan* plan,
                                   Outcome outcome) {
  if (outcome.verdict == Verdict::kDone) co_return Status();
  const bool has_letter_box = !subscription_.text().dead_letter_topic.empty();
  if (outcome.verdict == Verdict::kRetry) {
    const bool comes_again = plan->attempt == pubsub::Attempt::kRepeatable;
    if (comes_again || !has_letter_box || ctx.cancelled()) co_return failure(outcome.why);
  }
  if (has_letter_box) co_return co_await dead_letter(ctx, delivery, std::move(outcome.why));
  log::warn(kLogScope, "a message is dropped",
            {{"app", owner_.app.id()},
             {"pubsub", subscription_.pubsub()},
             {"topic", subscription_.topic()},
             {"error", outcome.why}});
  co_return Status();
}

// The message as it came, so that it can be published again.
Task<Status> TopicConsumer::dead_letter(Ctx ctx, const pubsub::Delivery* delivery,
                                        std::string why) {
  const std::string& topic = subscription_.text().dead_letter_topic;
  if (!bus_.component().topics.allows(owner_.app.id(), topic, TopicUse::kPublish)) {
    co_return failure(why + "; and the dead letter topic " + topic + " is not allowed for it");
  }
  pubsub::Publication publication;
  publication.app_id = owner_.app.id();
  publication.topic = bus_.component().topic_on_bus(owner_.app, topic);
  publication.data = delivery->data;
  publication.metadata = delivery->metadata;
  DeadlineScope limit(owner_.loop, ctx, kDeadLetterTime);
  auto published = co_await bus_.bus().publish(limit.ctx(), std::move(publication));
  if (!published) {
    co_return failure(why + "; and publishing to the dead letter topic " + topic +
                      " failed: " + published.error().message);
  }
  log::info(kLogScope, "a message went to the dead letter topic",
            {{"app", owner_.app.id()},
             {"pubsub", subscription_.pubsub()},
             {"topic", subscription_.topic()},
             {"dead_letter_topic", topic},
             {"error", why}});
  co_return Status();
}

// By the subscription's topic: those of a pattern would be without number.
void TopicConsumer::count(Verdict verdict, Duration took) const {
  observe::AppMeter* meter = owner_.app.meter();
  if (meter == nullptr) return;
  meter->used({&observe::ComponentMetrics::pubsub_ingress, subscription_.pubsub(),
               subscription_.topic(), to_text(verdict)},
              took);
}

Error TopicConsumer::failure(std::string_view what) const {
  return {Code::kUnavailable, "app " + owner_.app.id() + ", topic " + subscription_.topic() +
                                  " of pubsub " + subscription_.pubsub() + ": " +
                                  std::string(what)};
}

}  // namespace edge::blocks
