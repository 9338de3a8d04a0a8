// Many messages of one topic at once. Source: wire reference §3.4.

#include "edge/blocks/pubsub/cloud_outlet.h"
#include "edge/blocks/pubsub/publish_errors.h"
#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/loop/task_group.h"

namespace edge::blocks {
namespace {

using Reached = Result<pubsub::Durability>;
using CloudMessages = std::vector<std::unique_ptr<sync::Message>>;

constexpr std::size_t kParallel = 100;

// What the tasks share that publish one message after the other.
struct OneByOne {
  pubsub::Bus& bus;
  std::vector<pubsub::Publication> publications;
  std::vector<Reached> reached;
  std::size_t next = 0;
  const CloudOutlet* cloud = nullptr;
  CloudMessages messages;  // of the publications; empty where they stay on the hub
  pubsub::Durability least = pubsub::Durability::kMemory;

  Task<Reached> publish(Ctx ctx, std::size_t mine) {
    if (messages.empty()) return bus.publish(ctx, std::move(publications[mine]));
    return cloud->publish(ctx, &bus, {std::move(publications[mine]), std::move(messages[mine])},
                          least);
  }
};

Task<void> publish_some(Ctx ctx, OneByOne* work) {
  while (work->next < work->publications.size()) {
    const std::size_t mine = work->next++;
    auto reached = co_await work->publish(ctx, mine);
    work->reached[mine] = std::move(reached);
  }
}

Task<std::vector<Reached>> publish_each(Loop* loop, Ctx ctx, OneByOne work) {
  const Error not_tried{Code::kInternal, "the message was not tried"};
  work.reached.assign(work.publications.size(), Reached(not_tried));
  TaskGroup group(*loop, "bulk publish", ctx);
  for (std::size_t i = 0; i < std::min(kParallel, work.publications.size()); ++i) {
    group.spawn(publish_some(group.ctx(), &work));
  }
  co_await group.wait();
  co_await group.close();
  co_return std::move(work.reached);
}

BulkPublished sum_up(const BulkPublishRequest& request, std::vector<Reached> all) {
  const auto least = least_durability(request.metadata);
  BulkPublished published;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Reached reached = all[i] ? errors::check_reached(*all[i], least) : std::move(all[i]);
    if (reached) {
      published.durability = std::min(published.durability, *reached);
    } else {
      published.failed.push_back({request.entries[i].entry_id, reached.error().message});
    }
  }
  return published;
}

}  // namespace

ApiResult<std::vector<pubsub::Publication>> PubsubBlock::prepare_all(
    Ctx ctx, const App& app, const BusHold& bus, BulkPublishRequest& request,
    CloudMessages* messages) const {
  const auto raw = raw_payload(request.metadata);
  std::vector<pubsub::Publication> publications;
  publications.reserve(request.entries.size());
  for (BulkPublishEntry& entry : request.entries) {
    PublishRequest one{request.pubsub,
                       request.topic,
                       std::move(entry.data),
                       std::move(entry.content_type),
                       std::move(entry.metadata),
                       request.lane};
    std::erase_if(one.metadata, [](const auto& item) { return is_raw_payload(item.first); });
    if (raw && *raw) one.metadata["rawPayload"] = "true";
    if (messages != nullptr) {
      auto message = for_cloud(ctx, app, one);
      if (!message) return std::unexpected(std::move(message.error()));
      messages->push_back(std::move(*message));
    }
    auto publication = prepare(ctx, app, bus, std::move(one));
    if (!publication) return std::unexpected(std::move(publication.error()));
    publications.push_back(std::move(*publication));
  }
  return publications;
}

Task<ApiResult<BulkPublished>> PubsubBlock::publish_all(Ctx ctx, const App* app,
                                                        BulkPublishRequest request) {
  const errors::TopicOf where{request.pubsub, request.topic};
  const BusHold bus = hold(*app, request.pubsub);
  if (!bus) co_return std::unexpected(errors::vanished(where));
  const bool goes_to_cloud =
      cloud_ != nullptr && cloud_->find(request.pubsub, request.topic) != nullptr;
  CloudMessages messages;
  auto publications = prepare_all(ctx, *app, bus, request, goes_to_cloud ? &messages : nullptr);
  if (!publications) co_return std::unexpected(std::move(publications.error()));
  if (!bus.component().topics.allows(app->id(), request.topic, TopicUse::kPublish)) {
    co_return std::unexpected(errors::forbidden(app->id(), where));
  }
  if (publications->empty()) co_return BulkPublished{.failed = {}, .durability = {}};
  auto* bulk = dynamic_cast<pubsub::BulkBus*>(&bus.bus());
  if (bulk != nullptr && !goes_to_cloud) {
    auto reached = co_await bulk->publish_all(ctx, std::move(*publications));
    co_return sum_up(request, std::move(reached));
  }
  OneByOne work{bus.bus(), std::move(*publications), {}, 0, cloud_, std::move(messages)};
  work.least = least_durability(request.metadata).value_or(pubsub::Durability::kMemory);
  auto reached = co_await publish_each(&loop_, ctx, std::move(work));
  co_return sum_up(request, std::move(reached));
}

}  // namespace edge::blocks
