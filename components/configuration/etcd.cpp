#include "components/configuration/etcd.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"

namespace edge::configuration {
namespace {

constexpr const char* kInMemory = ":memory:";

Item item_of(const replica::Value& value, const Metadata& fresh) {
  return {value.text, std::to_string(value.revision), fresh};
}

// The lowest first. Source: sync reference §1.5, §7.1, §7.7.
std::vector<EtcdPlace> places(const EtcdOptions& options) {
  const std::string root = options.key_prefix.empty() ? "" : options.key_prefix + "/";
  if (!options.layers) return {{.number = 0, .prefix = root}};
  std::vector<EtcdPlace> all = {
      {.number = 0, .prefix = root + "base/", .layer = "base"},
      {.number = 1, .prefix = root + "lane-", .kind = LayerKind::kByLane, .layer = "lane"}};
  if (!options.hub_group.empty()) {
    const std::string layer = "group-" + options.hub_group;
    all.push_back({.number = 3, .prefix = root + layer + "/", .layer = layer});
  }
  const std::string hub = "hub-" + options.hub_id;
  all.push_back({.number = 2, .prefix = root + hub + "/", .layer = hub});
  if (options.has_devices) {
    all.push_back({.number = 4,
                   .prefix = root + "device-" + options.devices,
                   .kind = LayerKind::kByDevice,
                   .stem = options.devices,
                   .layer = "device"});
  }
  return all;
}

}  // namespace

EtcdStore::EtcdStore(const components::Context& context)
    : context_(context), loop_(dynamic_cast<UvLoop*>(&context.loop)) {}

EtcdStore::~EtcdStore() = default;

Task<Status> EtcdStore::init(Ctx ctx) {
  if (loop_ == nullptr) co_return Error{Code::kFailedPrecondition, "this loop has no network"};
  auto options = read_etcd_options(context_);
  if (!options) co_return options.error();
  options_ = std::move(*options);
  client_ =
      std::make_unique<etcd::Client>(*loop_, etcd::ClientOptions{.servers = options_.servers,
                                                                 .tls = options_.tls,
                                                                 .username = options_.username,
                                                                 .password = options_.password});
  if (options_.replica_file == kInMemory) {
    log::warn("edge.configuration", "values of etcd are kept in memory only; set replicaFile",
              {{"store", context_.name}});
  }
  for (EtcdPlace& place : places(options_)) {
    auto added = co_await add_part(ctx, std::move(place));
    if (added) continue;
    co_await close();
    co_return added;
  }
  overlay_ = std::make_unique<Overlay>(layers_, options_.verify_keys ? replica::kManifestKey : "");
  for (Part& part : parts_) {
    part.feed->start();
    if (part.probation) part.probation->start();
  }
  co_return Status();
}

Task<Status> EtcdStore::add_part(Ctx ctx, EtcdPlace place) {
  const std::size_t number = parts_.size();
  auto replica = std::make_unique<replica::Replica>(
      context_, context_.name + "/" + std::to_string(place.number), "etcd:" + place.prefix,
      replica::Limits{});
  if (options_.probation > Duration::zero()) replica->put_on_probation(health());
  if (options_.verify_keys) check(*replica, place);
  auto opened = co_await replica->open(ctx, options_.replica_file);
  if (!opened) co_return opened;
  auto feed = std::make_unique<EtcdFeed>(
      *loop_, *client_, *replica,
      EtcdFeedOptions{.store = context_.name,
                      .key_prefix = std::move(place.prefix),
                      .audit_interval = options_.audit_interval},
      [this, number](const replica::Step& step) { stepped(number, step); });
  layers_.push_back({&replica->values(), place.kind, std::move(place.stem)});
  parts_.push_back({std::move(place.layer), std::move(replica), nullptr, std::move(feed), 0});
  if (options_.probation > Duration::zero()) watch_over(parts_.back(), number);
  co_return Status();
}

void EtcdStore::watch_over(Part& part, std::size_t number) {
  const std::string name = context_.name + "/" + part.layer;
  const replica::Guard& guard = part.replica->guard();
  if (guard.withholds()) {
    log::warn("edge.configuration", "a revision is withheld until another one comes",
              {{"component", name}, {"reason", guard.reason}});
  }
  part.probation = std::make_unique<replica::Probation>(
      *loop_, *part.replica, replica::ProbationOptions{name, options_.probation, health()},
      [this, number](const replica::Step& step) { stepped(number, step); });
}

void EtcdStore::check(replica::Replica& replica, const EtcdPlace& place) const {
  replica::ManifestOptions options{.layer = place.layer, .keys = options_.verify_keys};
  if (place.kind != LayerKind::kForAll) {
    options.layer += "-" + place.stem;
    options.parts = replica::Parts::kByName;
  }
  replica.check_by([options](const replica::Values& next, const replica::Issues& accepted) {
    return replica::check_manifests(options, next, accepted);
  });
}

void EtcdStore::note_refusal(Part& part, const replica::Step& step) const {
  if (!step.guard || step.guard->standing != replica::Standing::kRefused) return;
  ++part.refusals;
  log::error("edge.configuration", "a revision is refused; what was served before stays",
             {{"component", context_.name + "/" + part.layer},
              {"revision", std::to_string(part.replica->cursor().revision)},
              {"reason", step.guard->reason}});
}

// Of no app, until judge_by() says more.
replica::Health EtcdStore::health() const {
  return {[this] { return health_.well ? health_.well() : std::set<std::string>(); },
          [this](const std::string& app) { return health_.is_unwell && health_.is_unwell(app); }};
}

void EtcdStore::suspect(const std::string& app) {
  for (Part& part : parts_) {
    if (part.probation) part.probation->suspect(app);
  }
}

std::vector<Generation> EtcdStore::generations() const {
  std::vector<Generation> all;
  for (const Part& part : parts_) {
    const replica::Guard& guard = part.replica->guard();
    const std::uint64_t revision = part.replica->cursor().revision;
    Generation one{.layer = part.layer,
                   .status = replica::name_of(guard.standing),
                   .revision = revision,
                   .served = guard.withholds() ? guard.proven_revision : revision,
                   .since = guard.since,
                   .withheld = guard.withheld,
                   .reason = guard.reason,
                   .rollbacks = part.probation ? part.probation->rollbacks() : 0,
                   .refusals = part.refusals};
    all.push_back(std::move(one));
  }
  return all;
}

void EtcdStore::stepped(std::size_t part, const replica::Step& step) {
  if (!step.served().empty()) tell(part, step);
  note_refusal(parts_[part], step);
  if (parts_[part].probation) parts_[part].probation->stepped();
  if (on_generations_) on_generations_();
}

Task<void> EtcdStore::close() {
  for (Part& part : parts_) {
    co_await part.feed->close();
    if (part.probation) co_await part.probation->close();
  }
  subscribers_.clear();
  places_.clear();
  for (Part& part : parts_) co_await part.replica->close();
  overlay_.reset();
  parts_.clear();
  client_.reset();
}

Result<Viewer> EtcdStore::viewer_of(const Metadata& metadata) const {
  Viewer viewer;
  if (!options_.layers) return viewer;
  const auto lane = metadata.find(kLaneKey);
  if (lane != metadata.end()) viewer.lane = lane->second;
  const auto device = metadata.find(kDeviceKey);
  if (!options_.has_devices || device == metadata.end()) return viewer;
  if (!is_layer_name(device->second)) {
    return Error{Code::kInvalidArgument,
                 "the metadata device is 1 to 64 visible characters without /"};
  }
  viewer.device = device->second;
  return viewer;
}

// As fresh as the part that is the least so.
Metadata EtcdStore::freshness() const {
  bool live = true;
  WallTime as_of = WallTime::max();
  for (const Part& part : parts_) {
    live = live && part.feed->is_live();
    if (part.replica->has_state()) as_of = std::min(as_of, part.replica->as_of());
  }
  return {{"asof", to_rfc3339(as_of)},
          {"source", live ? "live" : "cache"},
          {"stale", live ? "false" : "true"}};
}

Error EtcdStore::nothing_yet() const {
  const Part& part = parts_.front();
  if (part.replica->guard().standing == replica::Standing::kRefused) {
    return {Code::kFailedPrecondition,
            "what was read from etcd is refused: " + part.replica->guard().reason};
  }
  const std::string& why = part.feed->last_error();
  return {Code::kUnavailable,
          "nothing has been read from etcd yet" + (why.empty() ? std::string() : ": " + why)};
}

Task<Result<Items>> EtcdStore::get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) {
  if (ctx.cancelled()) co_return ctx.error();
  if (!parts_.front().replica->has_state()) co_return nothing_yet();
  const auto viewer = viewer_of(metadata);
  if (!viewer) co_return viewer.error();
  const Metadata fresh = freshness();
  Items items;
  for (const std::string& key : keys) {
    const auto* value = overlay_->find(*viewer, key);
    if (value != nullptr) items[key] = item_of(*value, fresh);
  }
  if (!keys.empty()) co_return items;
  for (const auto& [key, value] : overlay_->all(*viewer)) items[key] = item_of(*value, fresh);
  co_return items;
}

Task<Result<SubscriptionId>> EtcdStore::subscribe(Ctx ctx, std::vector<std::string> keys,
                                                  Metadata metadata, Observer observer) {
  if (ctx.cancelled()) co_return ctx.error();
  auto viewer = viewer_of(metadata);
  if (!viewer) co_return viewer.error();
  const SubscriptionId at = subscribers_[*viewer].add(std::move(keys), std::move(observer));
  places_[++last_] = {std::move(*viewer), at};
  co_return last_;
}

Status EtcdStore::unsubscribe(SubscriptionId id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return Error{Code::kNotFound, "subscription does not exist"};
  const Place place = std::move(found->second);
  places_.erase(found);
  const auto at = subscribers_.find(place.viewer);
  const Status removed = at->second.remove(place.id);
  if (!telling_ && at->second.empty()) subscribers_.erase(at);
  return removed;
}

Task<Result<std::size_t>> EtcdStore::refresh(Ctx ctx) {
  std::size_t keys = 0;
  for (Part& part : parts_) {
    auto read = co_await part.feed->refresh(ctx);
    if (!read) co_return std::move(read).error();
    keys += part.replica->values().size();
  }
  co_return keys;
}

void EtcdStore::tell(std::size_t part, const replica::Step& step) {
  const Metadata fresh = freshness();
  telling_ = true;
  for (auto& [viewer, subscribers] : subscribers_) {
    Items changed;
    for (const auto& [key, value] : overlay_->changed(part, viewer, step.served())) {
      changed[key] = value == nullptr ? Item() : item_of(*value, fresh);
    }
    if (!changed.empty()) subscribers.tell(changed);
  }
  telling_ = false;
  std::erase_if(subscribers_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace edge::configuration
