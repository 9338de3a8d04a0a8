#include "edge/blocks/pubsub/pubsub_block.h"

#include <algorithm>
#include <optional>

#include "edge/base/strings.h"
#include "edge/blocks/pubsub/cloud_outlet.h"
#include "edge/blocks/pubsub/envelope.h"
#include "edge/blocks/pubsub/publish_errors.h"
#include "edge/blocks/pubsub/subscription.h"

namespace edge::blocks {

struct BusHold::Shared {
  Shared(Loop& loop, PubsubComponent made) : component(std::move(made)), idle(loop) {}

  PubsubComponent component;
  std::size_t holds = 0;
  bool leaving = false;
  Event idle;  // nobody holds it
};

BusHold::BusHold(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  if (shared_) ++shared_->holds;
}

BusHold& BusHold::operator=(BusHold&& other) noexcept {
  if (this == &other) return *this;
  release();
  shared_ = std::move(other.shared_);
  return *this;
}

void BusHold::release() noexcept {
  if (!shared_) return;
  if (--shared_->holds == 0) shared_->idle.set();
  shared_.reset();
}

const PubsubComponent& BusHold::component() const noexcept {
  return shared_->component;
}

bool BusHold::is_leaving() const noexcept {
  return shared_->leaving;
}

bool PubsubComponent::is_visible_to(const App& app) const {
  return scopes.empty() || std::find(scopes.begin(), scopes.end(), app.id()) != scopes.end();
}

std::string PubsubComponent::topic_on_bus(const App& app, std::string_view topic) const {
  return namespaced ? app.settings().name_space + std::string(topic) : std::string(topic);
}

bool PubsubComponent::has(pubsub::Feature feature) const {
  const auto features = bus->features();
  return std::find(features.begin(), features.end(), feature) != features.end();
}

namespace {

// For a message without an envelope.
void put_lane(pubsub::Metadata& metadata, std::string_view lane) {
  std::erase_if(metadata,
                [](const auto& item) { return equals_ignoring_case(item.first, "lane"); });
  if (!lane.empty()) metadata["lane"] = lane;
}

}  // namespace

void PubsubBlock::add(PubsubComponent component) {
  buses_.push_back(std::make_shared<BusHold::Shared>(loop_, std::move(component)));
  notify();
}

Task<void> PubsubBlock::remove(std::string name) {
  const auto found = std::find_if(buses_.begin(), buses_.end(),
                                  [&name](const auto& bus) { return bus->component.name == name; });
  if (found == buses_.end()) co_return;
  const std::shared_ptr<BusHold::Shared> bus = std::move(*found);
  buses_.erase(found);
  bus->leaving = true;
  notify();
  while (bus->holds > 0) {
    bus->idle.reset();
    auto idle = co_await bus->idle.wait(Ctx::background());
    if (!idle) break;
  }
  co_await bus->component.bus->close();
}

Task<void> PubsubBlock::close() {
  while (!buses_.empty()) co_await remove(buses_.back()->component.name);
}

void PubsubBlock::notify() {
  for (BusWatcher* watcher : watchers_) watcher->buses_changed();
}

void PubsubBlock::unwatch(BusWatcher* watcher) {
  std::erase(watchers_, watcher);
}

std::shared_ptr<BusHold::Shared> PubsubBlock::find(const App& app, std::string_view name) const {
  for (const auto& bus : buses_) {
    if (bus->component.name == name && bus->component.is_visible_to(app)) return bus;
  }
  return nullptr;
}

BusHold PubsubBlock::hold(const App& app, std::string_view name) const {
  return BusHold(find(app, name));
}

BusHold PubsubBlock::hold(std::string_view name) const {
  const auto found = std::find_if(buses_.begin(), buses_.end(),
                                  [name](const auto& bus) { return bus->component.name == name; });
  return BusHold(found == buses_.end() ? nullptr : *found);
}

void PubsubBlock::end_taps() {
  taps_ended_ = true;
  notify();
}

std::vector<std::string> PubsubBlock::names_for(const App& app) const {
  std::vector<std::string> names;
  for (const auto& bus : buses_) {
    if (bus->component.is_visible_to(app)) names.push_back(bus->component.name);
  }
  return names;
}

ApiResult<void> PubsubBlock::check(const App& app, std::string_view pubsub, std::string_view topic,
                                   const pubsub::Metadata& metadata) const {
  if (pubsub.empty()) return std::unexpected(errors::name_empty(metadata));
  if (find(app, pubsub) == nullptr) return std::unexpected(errors::not_found(pubsub, metadata));
  if (topic.empty()) return std::unexpected(errors::topic_empty(pubsub, metadata));
  if (auto raw = raw_payload(metadata); !raw) {
    return std::unexpected(errors::bad_metadata(pubsub, metadata, raw.error().message));
  }
  if (auto least = least_durability(metadata); !least) {
    return std::unexpected(errors::bad_metadata(pubsub, metadata, least.error().message));
  }
  return {};
}

// What a CloudEvent says of its lane comes after the request's own lane, and before what the hub
// would put it into.
policy::LaneContext PubsubBlock::lane_of(const PublishRequest& request) const {
  const PublishLane& lane = request.lane;
  const bool may_say = lane.inherits && lane.context.source != policy::LaneSource::kInherited &&
                       content_kind(request.content_type) == ContentKind::kCloudEvent;
  if (!may_say || lanes() == nullptr) return lane.context;
  const auto named = lane_of_event(request.data);
  if (!named) return lane.context;
  const policy::LaneContext own = lanes_->decide({.inherited = *named});
  return own.source == policy::LaneSource::kInherited ? own : lane.context;
}

ApiResult<std::unique_ptr<sync::Message>> PubsubBlock::for_cloud(
    Ctx ctx, const App& app, const PublishRequest& request) const {
  const CloudTopic* topic =
      cloud_ == nullptr ? nullptr : cloud_->find(request.pubsub, request.topic);
  if (topic == nullptr) return nullptr;
  auto message = cloud_->message_for(*topic, app, request, lane_of(request), ctx.trace());
  if (message) return std::move(*message);
  return std::unexpected(errors::not_kept({request.pubsub, request.topic}, message.error()));
}

// The message as it travels: in its envelope, or as it is.
ApiResult<std::string> PubsubBlock::wrap(Ctx ctx, const App& app, const BusHold& bus,
                                         PublishRequest& request) const {
  const policy::LaneContext lane = lane_of(request);
  const std::string_view lane_name = lane.travels() ? lane.lane.view() : "";
  const auto raw = raw_payload(request.metadata);
  if (raw && *raw) {
    if (lane.decided()) put_lane(request.metadata, lane_name);
    return std::move(request.data);
  }
  const bool expires = bus.component().has(pubsub::Feature::kMessageTtl);
  const Trace* trace = ctx.trace();
  const EnvelopeRequest wanted{.app_id = app.id(),
                               .pubsub = request.pubsub,
                               .topic = request.topic,
                               .data = request.data,
                               .content_type = request.content_type,
                               .metadata = request.metadata,
                               .trace = trace == nullptr ? Trace{} : *trace,
                               .now = loop_.wall_now(),
                               .expiry = expires ? Expiry::kByBus : Expiry::kInEnvelope,
                               .lane = lane.decided() ? std::optional(lane_name) : std::nullopt};
  auto envelope = make_envelope(wanted, loop_.random());
  if (envelope) return std::move(*envelope);
  const errors::TopicOf where{request.pubsub, request.topic};
  const Error& error = envelope.error();
  return std::unexpected(error.code == Code::kOutOfRange
                             ? errors::no_envelope(app.id(), where, error.message)
                             : errors::no_cloudevent(app.id(), where, error));
}

ApiResult<pubsub::Publication> PubsubBlock::prepare(Ctx ctx, const App& app, const BusHold& bus,
                                                    PublishRequest request) const {
  auto data = wrap(ctx, app, bus, request);
  if (!data) return std::unexpected(std::move(data.error()));
  pubsub::Publication publication;
  publication.app_id = app.id();
  publication.topic = bus.component().topic_on_bus(app, request.topic);
  publication.data = std::move(*data);
  publication.content_type = std::move(request.content_type);
  publication.metadata = std::move(request.metadata);
  return publication;
}

Task<ApiResult<pubsub::Durability>> PubsubBlock::publish(Ctx ctx, const App* app,
                                                         PublishRequest request) {
  const std::string name = request.pubsub;
  const std::string topic = request.topic;
  const errors::TopicOf where{name, topic};
  const BusHold bus = hold(*app, name);
  if (!bus) co_return std::unexpected(errors::vanished(where));
  const auto least = least_durability(request.metadata);
  auto cloud = for_cloud(ctx, *app, request);
  if (!cloud) co_return std::unexpected(std::move(cloud.error()));
  auto publication = prepare(ctx, *app, bus, std::move(request));
  if (!publication) co_return std::unexpected(std::move(publication.error()));
  if (!bus.component().topics.allows(app->id(), topic, TopicUse::kPublish)) {
    co_return std::unexpected(errors::forbidden(app->id(), where));
  }
  if (*cloud) {
    TwofoldPublication both{std::move(*publication), std::move(*cloud)};
    auto kept = co_await cloud_->publish(ctx, &bus.bus(), std::move(both), *least);
    if (kept) co_return *kept;
    co_return std::unexpected(errors::not_kept(where, kept.error()));
  }
  auto reached = co_await bus.bus().publish(ctx, std::move(*publication));
  if (reached) reached = errors::check_reached(*reached, least);
  if (reached) co_return *reached;
  co_return std::unexpected(errors::not_published(where, reached.error()));
}

}  // namespace edge::blocks
