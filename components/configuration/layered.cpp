#include "components/configuration/layered.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"

namespace edge::configuration {
namespace {

constexpr const char* kInMemory = ":memory:";
constexpr Duration kExpiryTick = std::chrono::seconds(15);

Item item_of(const replica::Value& value, const Metadata& fresh) {
  return {value.text, std::to_string(value.revision), fresh};
}

}  // namespace

LayeredStore::LayeredStore(const components::Context& context)
    : context_(context), tasks_(context_.loop, "configuration store") {}

LayeredStore::~LayeredStore() = default;

Task<Status> LayeredStore::init(Ctx ctx) {
  auto layout = prepare();
  if (!layout) co_return std::move(layout).error();
  layout_ = std::move(*layout);
  if (layout_.options.replica_file == kInMemory) {
    log::warn("edge.configuration",
              "values of " + layout_.source + " are kept in memory only; set replicaFile",
              {{"store", context_.name}});
  }
  for (const Place& place : layout_.places) {
    auto added = co_await add_part(ctx, &place);
    if (added) continue;
    co_await close();
    co_return added;
  }
  overlay_ = std::make_unique<Overlay>(layers_, layout_.hidden);
  for (Part& part : parts_) {
    part.feed->start();
    if (part.probation) part.probation->start();
  }
  if (!layout_.hidden.empty()) tasks_.spawn(watch_expiry(tasks_.ctx()));
  co_return Status();
}

Task<Status> LayeredStore::add_part(Ctx ctx, const Place* place) {
  const std::size_t number = parts_.size();
  const bool on_probation = layout_.options.probation > Duration::zero();
  auto replica = std::make_unique<replica::Replica>(
      context_, context_.name + "/" + std::to_string(place->number), place->scope,
      replica::Limits{});
  if (on_probation) replica->put_on_probation(health());
  if (!layout_.hidden.empty()) replica->set_manifests_aside();
  check(*replica, *place);
  auto opened = co_await replica->open(ctx, layout_.options.replica_file);
  if (!opened) co_return opened;
  auto feed = make_feed(*place, *replica,
                        [this, number](const replica::Step& step) { stepped(number, step); });
  layers_.push_back({&replica->values(), place->kind, place->stem});
  parts_.push_back({place->layer, std::move(replica), nullptr, std::move(feed)});
  look_for_expiry(parts_.back());
  if (on_probation) watch_over(parts_.back(), number);
  co_return Status();
}

void LayeredStore::watch_over(Part& part, std::size_t number) {
  const std::string name = context_.name + "/" + part.layer;
  const replica::Guard& guard = part.replica->guard();
  if (guard.withholds()) {
    log::warn("edge.configuration", "a revision is withheld until another one comes",
              {{"component", name}, {"reason", guard.reason}});
  }
  part.probation = std::make_unique<replica::Probation>(
      context_.loop, *part.replica,
      replica::ProbationOptions{name, layout_.options.probation, health()},
      [this, number](const replica::Step& step) { stepped(number, step); });
}

void LayeredStore::check(replica::Replica&, const Place&) const {}

void LayeredStore::note_refusal(Part& part, const replica::Step& step) const {
  if (!step.guard || step.guard->standing != replica::Standing::kRefused) return;
  ++part.refusals;
  log::error("edge.configuration", "a revision is refused; what was served before stays",
             {{"component", context_.name + "/" + part.layer},
              {"revision", std::to_string(part.replica->cursor().revision)},
              {"reason", step.guard->reason}});
}

// Of no app, until judge_by() says more.
replica::Health LayeredStore::health() const {
  return {[this] { return health_.well ? health_.well() : std::set<std::string>(); },
          [this](const std::string& app) { return health_.is_unwell && health_.is_unwell(app); }};
}

void LayeredStore::look_for_expiry(Part& part) const {
  if (layout_.hidden.empty()) return;
  part.expires = replica::first_expiry(part.replica->values());
}

bool LayeredStore::has_expired(const Part& part) const {
  return part.expires && *part.expires <= context_.loop.wall_now();
}

// Says once of each layer that it has expired. The clock may be set at any time.
Task<void> LayeredStore::watch_expiry(Ctx ctx) {
  while (!ctx.cancelled()) {
    for (Part& part : parts_) {
      const bool expired = has_expired(part);
      if (std::exchange(part.told_expired, expired) == expired) continue;
      if (expired) {
        log::warn("edge.configuration", "a manifest has expired; its items are served as stale",
                  {{"component", context_.name + "/" + part.layer},
                   {"expires", to_rfc3339(*part.expires)}});
      }
      if (on_generations_) on_generations_();
    }
    auto slept = co_await sleep_for(context_.loop, ctx, kExpiryTick);
    if (!slept) co_return;
  }
}

void LayeredStore::suspect(const std::string& app) {
  for (Part& part : parts_) {
    if (part.probation) part.probation->suspect(app);
  }
}

std::vector<Generation> LayeredStore::generations() const {
  std::vector<Generation> all;
  for (const Part& part : parts_) {
    const replica::Guard& guard = part.replica->guard();
    const std::uint64_t revision = part.replica->cursor().revision;
    Refusal refusal = part.feed->refusal();
    Generation one{.layer = part.layer,
                   .status = replica::name_of(guard.standing),
                   .revision = revision,
                   .served = guard.withholds() ? guard.proven_revision : revision,
                   .since = guard.since,
                   .expires = part.expires,
                   .expired = has_expired(part),
                   .withheld = guard.withheld,
                   .reason = guard.reason,
                   .rollbacks = part.probation ? part.probation->rollbacks() : 0,
                   .refusals = part.refusals + refusal.count};
    if (!refusal.reason.empty() && !guard.withholds()) {
      one.status = replica::name_of(replica::Standing::kRefused);
      one.reason = std::move(refusal.reason);
    }
    all.push_back(std::move(one));
  }
  return all;
}

void LayeredStore::stepped(std::size_t part, const replica::Step& step) {
  if (!step.served().empty()) tell(part, step);
  note_refusal(parts_[part], step);
  look_for_expiry(parts_[part]);
  if (parts_[part].probation) parts_[part].probation->stepped();
  if (on_generations_) on_generations_();
}

Task<void> LayeredStore::close() {
  co_await tasks_.close();
  for (Part& part : parts_) {
    co_await part.feed->close();
    if (part.probation) co_await part.probation->close();
  }
  subscribers_.clear();
  seats_.clear();
  for (Part& part : parts_) co_await part.replica->close();
  overlay_.reset();
  parts_.clear();
  release();
}

Result<Viewer> LayeredStore::viewer_of(const Metadata& metadata) const {
  Viewer viewer;
  if (!layout_.has_lanes()) return viewer;
  const auto lane = metadata.find(kLaneKey);
  if (lane != metadata.end()) viewer.lane = lane->second;
  const auto device = metadata.find(kDeviceKey);
  if (layout_.devices == Layers::Devices::kNone || device == metadata.end()) return viewer;
  if (!is_layer_name(device->second)) {
    return Error{Code::kInvalidArgument,
                 "the metadata device is 1 to 64 visible characters without /"};
  }
  viewer.device = device->second;
  return viewer;
}

// As fresh as the part that is the least so.
Metadata LayeredStore::freshness() const {
  bool live = true;
  bool expired = false;
  WallTime as_of = WallTime::max();
  for (const Part& part : parts_) {
    live = live && part.feed->is_live();
    expired = expired || has_expired(part);
    if (part.replica->has_state()) as_of = std::min(as_of, part.replica->as_of());
  }
  return {{"asof", to_rfc3339(as_of)},
          {"source", live ? "live" : "cache"},
          {"stale", live && !expired ? "false" : "true"}};
}

Error LayeredStore::nothing_yet() const {
  const Part& part = parts_.front();
  std::string refusal = part.feed->refusal().reason;
  if (part.replica->guard().standing == replica::Standing::kRefused) {
    refusal = part.replica->guard().reason;
  }
  if (!refusal.empty()) {
    return {Code::kFailedPrecondition,
            "what was read from " + layout_.source + " is refused: " + refusal};
  }
  const std::string& why = part.feed->last_error();
  return {Code::kUnavailable, "nothing has been read from " + layout_.source + " yet" +
                                  (why.empty() ? std::string() : ": " + why)};
}

Task<Result<Items>> LayeredStore::get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) {
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

Task<Result<SubscriptionId>> LayeredStore::subscribe(Ctx ctx, std::vector<std::string> keys,
                                                     Metadata metadata, Observer observer) {
  if (ctx.cancelled()) co_return ctx.error();
  auto viewer = viewer_of(metadata);
  if (!viewer) co_return viewer.error();
  const SubscriptionId at = subscribers_[*viewer].add(std::move(keys), std::move(observer));
  seats_[++last_] = {std::move(*viewer), at};
  co_return last_;
}

Status LayeredStore::unsubscribe(SubscriptionId id) {
  const auto found = seats_.find(id);
  if (found == seats_.end()) return Error{Code::kNotFound, "subscription does not exist"};
  const Seat seat = std::move(found->second);
  seats_.erase(found);
  const auto at = subscribers_.find(seat.viewer);
  const Status removed = at->second.remove(seat.id);
  if (!telling_ && at->second.empty()) subscribers_.erase(at);
  return removed;
}

Task<Result<std::size_t>> LayeredStore::refresh(Ctx ctx) {
  std::size_t keys = 0;
  for (Part& part : parts_) {
    auto read = co_await part.feed->refresh(ctx);
    if (!read) co_return std::move(read).error();
    keys += part.replica->values().size();
  }
  co_return keys;
}

void LayeredStore::tell(std::size_t part, const replica::Step& step) {
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
