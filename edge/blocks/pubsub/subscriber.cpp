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

bool is_same_topic(const TopicSubscription& a, const TopicSubscription& b) {
  return a.topic() == b.topic() && a.pubsub() == b.pubsub();
}

// Unless the topic is there already.
void add_topic(std::vector<TopicSubscription>& to, const TopicSubscription& one) {
  const auto same = [&one](const TopicSubscription& other) { return is_same_topic(one, other); };
  if (std::none_of(to.begin(), to.end(), same)) to.push_back(one);
}

}  // namespace

Subscriber::Subscriber(PubsubBlock& block, App& app, SubscriberChannel& channel, OwnList own_list)
    : loop_(block.loop()),
      block_(block),
      instances_{{&app, &channel, own_list, Wanted::kNo, {}, {}}},
      pause_(kFirstPause),
      changed_(loop_),
      settled_(loop_),
      ended_(loop_) {
  block_.watch(this);
}

Subscriber::~Subscriber() {
  block_.unwatch(this);
}

const TopicSubscription* Subscriber::Instance::find(const TopicSubscription& like) const noexcept {
  const auto found = std::find_if(all.begin(), all.end(), [&like](const TopicSubscription& one) {
    return is_same_topic(one, like);
  });
  return found == all.end() ? nullptr : &*found;
}

void Subscriber::add_instance(App& app, SubscriberChannel& channel, OwnList own_list) {
  const auto at = app.lane().is_base() ? instances_.begin() : instances_.end();
  instances_.insert(at, {&app, &channel, own_list, Wanted::kNo, {}, {}});
}

bool Subscriber::has_instance(const App& app) const noexcept {
  return std::any_of(instances_.begin(), instances_.end(),
                     [&app](const Instance& instance) { return instance.app == &app; });
}

void Subscriber::set_wanted(const App& instance, Wanted wanted) {
  if (stopping_) return;
  for (Instance& one : instances_) {
    if (one.app != &instance || one.wanted == wanted) continue;
    one.wanted = wanted;
    changed_.set();
    settled_.reset();
  }
}

std::optional<Recipient> Subscriber::choose(const TopicSubscription& opened,
                                            policy::LaneId lane) const {
  std::optional<Recipient> of_lane;
  std::optional<Recipient> of_base;
  bool lane_is_well = false;
  for (const Instance& instance : instances_) {
    const TopicSubscription* subscription = instance.find(opened);
    if (subscription == nullptr) continue;
    if (instance.app->lane().is_base()) of_base = {instance.channel, subscription};
    if (instance.app->lane() != lane) continue;
    of_lane = {instance.channel, subscription};
    lane_is_well = instance.wanted == Wanted::kYes;
  }
  // Without a baseline to fall back to the message waits for its own instance.
  return of_lane && (lane_is_well || !of_base) ? of_lane : of_base;
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
    if (!changed_.is_set()) settled_.set();
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
  for (Instance& instance : instances_) instance.wanted = Wanted::kNo;
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
  for (Instance& instance : instances_) {
    if (instance.wanted == Wanted::kYes) co_await fetch_own_list(ctx, &instance);
  }
  std::vector<TopicSubscription> wanted = merge();
  co_await close_unwanted(&wanted);
  for (TopicSubscription& subscription : wanted) {
    if (changed_.is_set() || ctx.cancelled()) co_return;
    if (is_open(subscription)) continue;
    co_await open_one(ctx, std::move(subscription));
  }
}

// As long as it is not known what the baseline's instance subscribes to, nothing is opened for the
// others: the baseline's messages would be taken for nobody's.
std::vector<TopicSubscription> Subscriber::merge() {
  for (Instance& instance : instances_) {
    instance.all = subscriptions_of(app().id(), declared_, instance.own);
  }
  const Instance& first = instances_.front();
  std::vector<TopicSubscription> wanted;
  if (first.wanted == Wanted::kYes) wanted = first.all;
  const bool has_base = first.app->lane().is_base();
  if (has_base && first.own_list != OwnList::kSkipped) return wanted;
  for (const Instance& instance : instances_) {
    if (&instance == &first || instance.wanted != Wanted::kYes) continue;
    for (const TopicSubscription& one : instance.all) {
      if (!has_base || first.find(one) == nullptr) add_topic(wanted, one);
    }
  }
  return wanted;
}

// Once for the life of the hub, when there is a bus to subscribe to.
Task<void> Subscriber::fetch_own_list(Ctx ctx, Instance* instance) {
  if (instance->own_list == OwnList::kSkipped || block_.names_for(app()).empty()) co_return;
  auto list = co_await list_with_retries(ctx, instance);
  if (ctx.cancelled() || instance->wanted == Wanted::kNo) co_return;
  if (list) {
    instance->own = std::move(*list);
  } else {
    log::error(kLogScope, "the app's own subscriptions are not known",
               {{"app", instance->app->name()}, {"error", list.error().message}});
  }
  const bool again = !list && list.error().code == Code::kUnavailable;
  failed_ = failed_ || again;
  if (!again) instance->own_list = OwnList::kSkipped;
}

Task<Result<std::vector<TopicSubscription>>> Subscriber::list_with_retries(
    Ctx ctx, const Instance* instance) {
  Duration pause = kListPause;
  for (int attempt = 0;; ++attempt) {
    DeadlineScope limit(loop_, ctx, kListTime);
    auto list = co_await instance->channel->list(limit.ctx());
    const bool again = !list && list.error().code == Code::kUnavailable && attempt < kListRetries;
    if (!again || instance->wanted == Wanted::kNo) co_return list;
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
  BusHold bus = block_.hold(app(), subscription.pubsub());
  std::string problem;
  if (!bus) {
    problem = "a subscription to topic '" + subscription.topic() + "' waits for pubsub '" +
              subscription.pubsub() + "', which no component provides";
  } else if (!bus.component().topics.allows(app().id(), subscription.topic(),
                                            TopicUse::kSubscribe)) {
    problem = "subscription to topic '" + subscription.topic() + "' on pubsub '" +
              subscription.pubsub() + "' is not allowed";
    bus.release();
  }
  if (!problem.empty() && noted_.insert(problem).second) {
    log::warn(kLogScope, problem, {{"app", app().id()}});
  }
  return bus;
}

Task<void> Subscriber::open_one(Ctx ctx, TopicSubscription subscription) {
  BusHold bus = bus_for(subscription);
  if (!bus) co_return;
  const bool alone = instances_.size() == 1 && app().lane().is_base();
  const ConsumerOwner owner{loop_,       app(),   *instances_.front().channel,
                            deliveries_, &block_, alone ? nullptr : this};
  auto consumer = std::make_unique<TopicConsumer>(owner, std::move(bus), std::move(subscription));
  const TopicSubscription& subscribed = consumer->subscription();
  auto opened = co_await consumer->open(ctx);
  if (opened) {
    log::info(kLogScope,
              "app is subscribed to the following topics: [[" + subscribed.topic() +
                  "]] through pubsub=" + subscribed.pubsub(),
              {{"app", app().id()}});
    open_.push_back(std::move(consumer));
    co_return;
  }
  failed_ = true;
  if (!ctx.cancelled()) {
    log::error(kLogScope, "subscribing failed and is tried again",
               {{"app", app().id()},
                {"pubsub", subscribed.pubsub()},
                {"topic", subscribed.topic()},
                {"error", opened.error().message}});
  }
  co_await consumer->close();
}

}  // namespace edge::blocks
