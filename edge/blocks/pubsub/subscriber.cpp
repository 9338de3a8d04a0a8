#include "edge/blocks/pubsub/subscriber.h"

#include <algorithm>

#include "edge/base/log.h"
#include "edge/blocks/pubsub/linked_scope.h"
#include "edge/loop/task_group.h"

namespace edge::blocks {
namespace {

constexpr std::string_view kLogScope = "edge.pubsub";
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(1);

// daprd's policy for what happens at the start. Source: wire reference §16.
constexpr int kListRetries = 3;
constexpr Duration kListPause = std::chrono::milliseconds(500);
constexpr Duration kLongestListPause = std::chrono::seconds(1);
constexpr Duration kListTime = std::chrono::minutes(1);

// Up to a fifth longer, so that apps do not try in step.
Duration with_jitter(Loop& loop, Duration pause) {
  const auto most = static_cast<std::uint64_t>(pause.count()) / 5 + 1;
  return pause + Duration(static_cast<std::int64_t>(loop.random().below(most)));
}

}  // namespace

Subscriber::Subscriber(PubsubBlock& block, App& app, SubscriberChannel& channel, OwnList own_list)
    : loop_(block.loop()),
      block_(block),
      app_(app),
      channel_(channel),
      own_list_(own_list),
      pause_(kFirstPause),
      changed_(loop_),
      ended_(loop_) {
  block_.watch(this);
}

Subscriber::~Subscriber() {
  block_.unwatch(this);
}

void Subscriber::set_wanted(Wanted wanted) {
  if (stopping_ || wanted_ == wanted) return;
  wanted_ = wanted;
  changed_.set();
}

void Subscriber::set_declarations(std::vector<TopicSubscription> declarations) {
  declared_ = std::move(declarations);
  noted_.clear();
  changed_.set();
}

std::vector<const TopicSubscription*> Subscriber::active() const {
  std::vector<const TopicSubscription*> all;
  for (const auto& consumer : open_) all.push_back(&consumer->subscription());
  return all;
}

Task<void> Subscriber::run(Ctx ctx) {
  running_ = true;
  LinkedScope scope(ctx, opening_.ctx());
  while (!scope.ctx().cancelled()) {
    changed_.reset();
    co_await reconcile(scope.ctx());
    co_await wait_for_change(scope.ctx());
  }
  if (ctx.cancelled()) deliveries_.cancel();
  const std::vector<TopicSubscription> nothing;
  co_await close_unwanted(&nothing);
  running_ = false;
  ended_.set();
}

Task<void> Subscriber::stop(Ctx limit) {
  stopping_ = true;
  opening_.cancel();
  wanted_ = Wanted::kNo;
  changed_.set();
  if (!running_) co_return;
  auto ended = co_await ended_.wait(limit);
  if (ended) co_return;
  deliveries_.cancel();
  ended = co_await ended_.wait(Ctx::background());
}

Task<void> Subscriber::wait_for_change(Ctx ctx) {
  if (!failed_) {
    pause_ = kFirstPause;
    auto changed = co_await changed_.wait(ctx);
    static_cast<void>(changed);  // the caller looks at `ctx`
    co_return;
  }
  DeadlineScope limit(loop_, ctx, with_jitter(loop_, pause_));
  pause_ = std::min(pause_ * 2, kLongestPause);
  auto changed = co_await changed_.wait(limit.ctx());
  static_cast<void>(changed);
}

Task<void> Subscriber::reconcile(Ctx ctx) {
  failed_ = false;
  if (wanted_ == Wanted::kYes) co_await fetch_own_list(ctx);
  std::vector<TopicSubscription> wanted;
  if (wanted_ == Wanted::kYes) wanted = subscriptions_of(app_.id(), declared_, own_);
  co_await close_unwanted(&wanted);
  for (TopicSubscription& subscription : wanted) {
    if (changed_.is_set() || ctx.cancelled()) co_return;
    if (is_open(subscription)) continue;
    co_await open_one(ctx, std::move(subscription));
  }
}

// Once for the life of the hub, when there is a bus to subscribe to.
Task<void> Subscriber::fetch_own_list(Ctx ctx) {
  if (own_list_ == OwnList::kSkipped || block_.names_for(app_).empty()) co_return;
  auto list = co_await list_with_retries(ctx);
  if (ctx.cancelled() || wanted_ == Wanted::kNo) co_return;
  if (list) {
    own_ = std::move(*list);
  } else {
    log::error(kLogScope, "the app's own subscriptions are not known",
               {{"app", app_.id()}, {"error", list.error().message}});
  }
  failed_ = !list && list.error().code == Code::kUnavailable;
  if (!failed_) own_list_ = OwnList::kSkipped;
}

Task<Result<std::vector<TopicSubscription>>> Subscriber::list_with_retries(Ctx ctx) {
  Duration pause = kListPause;
  for (int attempt = 0;; ++attempt) {
    DeadlineScope limit(loop_, ctx, kListTime);
    auto list = co_await channel_.list(limit.ctx());
    const bool again = !list && list.error().code == Code::kUnavailable && attempt < kListRetries;
    if (!again || wanted_ == Wanted::kNo) co_return list;
    auto slept = co_await sleep_for(loop_, ctx, pause);
    if (!slept) co_return slept.error();
    pause = std::min(pause * 3 / 2, kLongestListPause);
  }
}

Task<void> Subscriber::close_unwanted(const std::vector<TopicSubscription>* wanted) {
  const auto stays = [wanted](const std::unique_ptr<TopicConsumer>& consumer) {
    return !consumer->bus().is_leaving() &&
           std::find(wanted->begin(), wanted->end(), consumer->subscription()) != wanted->end();
  };
  const auto first = std::partition(open_.begin(), open_.end(), stays);
  Consumers leaving(std::make_move_iterator(first), std::make_move_iterator(open_.end()));
  open_.erase(first, open_.end());
  TaskGroup closing(loop_, "closing subscriptions");
  for (const auto& consumer : leaving) closing.spawn(consumer->close());
  co_await closing.wait();
  co_await closing.close();
}

bool Subscriber::is_open(const TopicSubscription& subscription) const {
  return std::any_of(open_.begin(), open_.end(), [&subscription](const auto& consumer) {
    return consumer->subscription() == subscription;
  });
}

BusHold Subscriber::bus_for(const TopicSubscription& subscription) {
  BusHold bus = block_.hold(app_, subscription.pubsub());
  std::string problem;
  if (!bus) {
    problem = "a subscription to topic '" + subscription.topic() + "' waits for pubsub '" +
              subscription.pubsub() + "', which no component provides";
  } else if (!bus.component().topics.allows(app_.id(), subscription.topic(),
                                            TopicUse::kSubscribe)) {
    problem = "subscription to topic '" + subscription.topic() + "' on pubsub '" +
              subscription.pubsub() + "' is not allowed";
    bus.release();
  }
  if (!problem.empty() && noted_.insert(problem).second) {
    log::warn(kLogScope, problem, {{"app", app_.id()}});
  }
  return bus;
}

Task<void> Subscriber::open_one(Ctx ctx, TopicSubscription subscription) {
  BusHold bus = bus_for(subscription);
  if (!bus) co_return;
  const ConsumerOwner owner{loop_, app_, channel_, deliveries_};
  auto consumer = std::make_unique<TopicConsumer>(owner, std::move(bus), std::move(subscription));
  const TopicSubscription& subscribed = consumer->subscription();
  auto opened = co_await consumer->open(ctx);
  if (opened) {
    log::info(kLogScope,
              "app is subscribed to the following topics: [[" + subscribed.topic() +
                  "]] through pubsub=" + subscribed.pubsub(),
              {{"app", app_.id()}});
    open_.push_back(std::move(consumer));
    co_return;
  }
  failed_ = true;
  if (!ctx.cancelled()) {
    log::error(kLogScope, "subscribing failed and is tried again",
               {{"app", app_.id()},
                {"pubsub", subscribed.pubsub()},
                {"topic", subscribed.topic()},
                {"error", opened.error().message}});
  }
  co_await consumer->close();
}

}  // namespace edge::blocks
