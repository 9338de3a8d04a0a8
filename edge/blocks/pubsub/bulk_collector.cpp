#include "edge/blocks/pubsub/bulk_collector.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "edge/observe/meters.h"

namespace edge::blocks {

BulkCollector::BulkCollector(const App& app, Loop& loop, const TopicSubscription& subscription,
                             Ctx ctx)
    : Timer(loop),
      app_(app),
      loop_(loop),
      subscription_(subscription),
      group_(loop, "bulk subscription", ctx) {}

Task<Result<Outcome>> BulkCollector::deliver(Ctx ctx, std::shared_ptr<BulkItem> item) {
  waiting_.push_back(item);
  const BulkDelivery& bulk = subscription_.text().bulk;
  if (hurried_ || waiting_.size() >= bulk.max_messages) {
    flush();
  } else if (!armed()) {
    arm(loop_.now() + bulk.max_await);
  }
  auto answered = co_await item->answered.wait(ctx);
  if (answered) co_return std::move(item->outcome);
  std::erase(waiting_, item);
  co_return answered.error();
}

void BulkCollector::hurry() {
  hurried_ = true;
  flush();
}

// Messages of different routes go different ways, and those of different lanes each by themselves.
void BulkCollector::flush() {
  disarm();
  using Way = std::tuple<std::string, SubscriberChannel*, std::string_view>;
  std::map<Way, Items> by_way;
  for (auto& item : waiting_) {
    const Way way{item->path, item->channel, item->lane ? item->lane->lane_name() : ""};
    by_way[way].push_back(std::move(item));
  }
  waiting_.clear();
  for (auto& [way, items] : by_way) group_.spawn(send(group_.ctx(), std::move(items)));
}

Task<void> BulkCollector::send(Ctx ctx, Items items) {
  const std::string id = uuid_v4(loop_.random());
  BulkEventCall call;
  call.path = items.front()->path;
  call.pubsub = subscription_.pubsub();
  call.topic = items.front()->topic;
  call.id = id;
  call.raw = subscription_.is_raw();
  call.lane = items.front()->lane.get();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < items.size(); ++i) ids.push_back(std::to_string(i + 1));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const pubsub::Delivery& delivery = items[i]->delivery;
    call.entries.push_back(
        {ids[i], call.raw ? delivery.data : items[i]->event.body(delivery), &delivery.metadata});
  }
  const TimePoint began = loop_.now();
  auto outcomes = co_await items.front()->channel->deliver_all(ctx, &call);
  outcomes.resize(items.size(), {Verdict::kRetry, "the app did not answer for this message", 0});
  count(outcomes, loop_.now() - began);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i]->outcome = std::move(outcomes[i]);
    items[i]->answered.set();
  }
}

void BulkCollector::count(const std::vector<Outcome>& outcomes, Duration took) const {
  observe::AppMeter* meter = app_.meter();
  if (meter == nullptr) return;
  observe::AppMeter::Use use{&observe::ComponentMetrics::pubsub_ingress_bulk,
                             subscription_.pubsub(), subscription_.topic(), ""};
  meter->used(use, took);
  for (const Verdict verdict : {Verdict::kDone, Verdict::kRetry, Verdict::kDrop}) {
    use.outcome = to_text(verdict);
    use.events =
        static_cast<std::uint64_t>(std::ranges::count(outcomes, verdict, &Outcome::verdict));
    if (use.events > 0) meter->carried(use);
  }
}

}  // namespace edge::blocks
