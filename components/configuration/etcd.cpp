#include "components/configuration/etcd.h"

#include <utility>

#include "components/configuration/etcd_feed.h"

namespace edge::configuration {
namespace {

constexpr std::string_view kScheme = "etcd:";

// The lowest first. Source: sync reference §1.5, §7.1, §7.7.
std::vector<Place> places(const EtcdOptions& options) {
  const std::string root =
      std::string(kScheme) + (options.key_prefix.empty() ? "" : options.key_prefix + "/");
  if (!options.layers) return {{.number = 0, .scope = root}};
  std::vector<Place> all = {
      {.number = 0, .scope = root + "base/", .layer = "base"},
      {.number = 1, .scope = root + "lane-", .kind = LayerKind::kByLane, .layer = "lane"}};
  if (!options.layered.hub_group.empty()) {
    const std::string layer = "group-" + options.layered.hub_group;
    all.push_back({.number = 3, .scope = root + layer + "/", .layer = layer});
  }
  const std::string hub = "hub-" + options.hub_id;
  all.push_back({.number = 2, .scope = root + hub + "/", .layer = hub});
  if (options.has_devices) {
    all.push_back({.number = 4,
                   .scope = root + "device-" + options.devices,
                   .kind = LayerKind::kByDevice,
                   .stem = options.devices,
                   .layer = "device"});
  }
  return all;
}

}  // namespace

EtcdStore::EtcdStore(const components::Context& context)
    : LayeredStore(context), loop_(dynamic_cast<UvLoop*>(&context.loop)) {}

EtcdStore::~EtcdStore() = default;

Result<Layers> EtcdStore::prepare() {
  if (loop_ == nullptr) return Error{Code::kFailedPrecondition, "this loop has no network"};
  auto options = read_etcd_options(context());
  if (!options) return std::move(options).error();
  options_ = std::move(*options);
  client_ =
      std::make_unique<etcd::Client>(*loop_, etcd::ClientOptions{.servers = options_.servers,
                                                                 .tls = options_.tls,
                                                                 .username = options_.username,
                                                                 .password = options_.password});
  Layers layers{.source = "etcd", .places = places(options_), .options = options_.layered};
  if (options_.has_devices) layers.devices = Layers::Devices::kSeen;
  if (options_.layered.trust) layers.hidden = replica::kManifestKey;
  return layers;
}

void EtcdStore::check(replica::Replica& replica, const Place& place) const {
  if (!options_.layered.trust) return;
  replica::ManifestOptions options{.layer = place.layer, .trust = options_.layered.trust};
  if (place.kind != LayerKind::kForAll) {
    options.layer += "-" + place.stem;
    options.parts = replica::Parts::kByName;
  }
  replica.check_by([options](const replica::Values& next, const replica::Issues& accepted) {
    return replica::check_manifests(options, next, accepted);
  });
}

std::unique_ptr<Feed> EtcdStore::make_feed(const Place& place, replica::Replica& replica,
                                           Feed::OnStep on_step) {
  EtcdFeedOptions options{.store = context().name,
                          .key_prefix = place.scope.substr(kScheme.size()),
                          .audit_interval = options_.layered.audit_interval};
  return std::make_unique<EtcdFeed>(*loop_, *client_, replica, std::move(options),
                                    std::move(on_step));
}

}  // namespace edge::configuration
