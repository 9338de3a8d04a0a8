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

struct Place {
  std::string prefix;
  LayerKind kind;
};

// Where the layers of a store are in etcd, the lowest first. Source: sync reference §7.1, §7.7.
std::vector<Place> places(const EtcdOptions& options) {
  const std::string root = options.key_prefix.empty() ? "" : options.key_prefix + "/";
  if (!options.layers) return {{root, LayerKind::kForAll}};
  return {{root + "base/", LayerKind::kForAll},
          {root + "lane-", LayerKind::kByLane},
          {root + "hub-" + options.hub_id + "/", LayerKind::kForAll}};
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
  for (const auto& [prefix, kind] : places(options_)) {
    auto added = co_await add_part(ctx, prefix, kind);
    if (added) continue;
    co_await close();
    co_return added;
  }
  overlay_ = std::make_unique<Overlay>(layers_);
  for (Part& part : parts_) part.feed->start();
  co_return Status();
}

Task<Status> EtcdStore::add_part(Ctx ctx, std::string prefix, LayerKind kind) {
  const std::size_t number = parts_.size();
  auto replica = std::make_unique<replica::Replica>(
      context_, context_.name + "/" + std::to_string(number), "etcd:" + prefix, replica::Limits{});
  auto opened = co_await replica->open(ctx, options_.replica_file);
  if (!opened) co_return opened;
  auto feed = std::make_unique<EtcdFeed>(
      *loop_, *client_, *replica,
      EtcdFeedOptions{
          .store = context_.name, .key_prefix = prefix, .audit_interval = options_.audit_interval},
      [this, number](const replica::Step& step) { tell(number, step); });
  layers_.push_back({&replica->values(), kind});
  parts_.push_back({std::move(replica), std::move(feed)});
  co_return Status();
}

Task<void> EtcdStore::close() {
  for (Part& part : parts_) co_await part.feed->close();
  subscribers_.clear();
  places_.clear();
  for (Part& part : parts_) co_await part.replica->close();
  overlay_.reset();
  parts_.clear();
  client_.reset();
}

std::string EtcdStore::lane_of(const Metadata& metadata) const {
  const auto lane = metadata.find(kLaneKey);
  return options_.layers && lane != metadata.end() ? lane->second : std::string();
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
  const std::string& why = parts_.front().feed->last_error();
  return {Code::kUnavailable,
          "nothing has been read from etcd yet" + (why.empty() ? std::string() : ": " + why)};
}

Task<Result<Items>> EtcdStore::get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) {
  if (ctx.cancelled()) co_return ctx.error();
  if (!parts_.front().replica->has_state()) co_return nothing_yet();
  const std::string lane = lane_of(metadata);
  const Metadata fresh = freshness();
  Items items;
  for (const std::string& key : keys) {
    const auto* value = overlay_->find(lane, key);
    if (value != nullptr) items[key] = item_of(*value, fresh);
  }
  if (!keys.empty()) co_return items;
  for (const auto& [key, value] : overlay_->all(lane)) items[key] = item_of(*value, fresh);
  co_return items;
}

Task<Result<SubscriptionId>> EtcdStore::subscribe(Ctx ctx, std::vector<std::string> keys,
                                                  Metadata metadata, Observer observer) {
  if (ctx.cancelled()) co_return ctx.error();
  const std::string lane = lane_of(metadata);
  const SubscriptionId at = subscribers_[lane].add(std::move(keys), std::move(observer));
  places_[++last_] = {lane, at};
  co_return last_;
}

Status EtcdStore::unsubscribe(SubscriptionId id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return Error{Code::kNotFound, "subscription does not exist"};
  const Place place = std::move(found->second);
  places_.erase(found);
  return subscribers_[place.lane].remove(place.id);
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
  for (auto& [lane, subscribers] : subscribers_) {
    Items changed;
    for (const auto& [key, value] : overlay_->changed(part, lane, step.differences)) {
      changed[key] = value == nullptr ? Item() : item_of(*value, fresh);
    }
    if (!changed.empty()) subscribers.tell(changed);
  }
}

}  // namespace edge::configuration
