#include "edge/daemon/found_apps.h"

#include <algorithm>

#include "edge/base/log.h"
#include "edge/daemon/peers.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "edge.mdns";
constexpr std::string_view kMdns = "mdns";
// Each keeps a little memory until the hub ends.
constexpr std::size_t kMostApps = 256;
constexpr std::size_t kMostPeers = 128;
// Instances of one app that are tried in one call.
constexpr int kAttempts = 3;

std::vector<std::string> ids_of(const std::vector<App>& apps) {
  std::vector<std::string> ids;
  for (const App& app : apps) {
    if (std::find(ids.begin(), ids.end(), app.id) == ids.end()) ids.push_back(app.id);
  }
  return ids;
}

Task<void> close_peer(std::shared_ptr<api::PeerChannel> peer) {
  co_await peer->close();
}

}  // namespace

// Finds the app anew for each call.
class FoundApps::FoundChannel final : public blocks::Channel {
 public:
  FoundChannel(FoundApps& apps, std::string id) : apps_(apps), id_(std::move(id)) {}
  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, const blocks::Call* call) override {
    return apps_.call(ctx, id_, call);
  }

 private:
  FoundApps& apps_;
  std::string id_;
};

FoundApps::FoundApps(UvLoop& loop, const api::Services& services, std::unique_ptr<mdns::Node> node)
    : loop_(loop), services_(services), node_(std::move(node)), closing_(loop, "found apps") {}

Task<void> FoundApps::close() {
  co_await closing_.wait();
  for (const auto& [address, peer] : peers_) co_await peer->close();
}

Task<Result<blocks::App*>> FoundApps::find(Ctx ctx, std::string id) {
  auto sought = co_await node_->resolver().seek(ctx, id);
  if (!sought) co_return sought.error();
  if (const auto known = apps_.find(id); known != apps_.end()) co_return known->second.get();
  if (apps_.size() >= kMostApps) {
    co_return Error{Code::kResourceExhausted,
                    "too many apps were found by their ids; name those that are called in Peers"};
  }
  blocks::AppSettings settings;
  settings.id = id;
  settings.name_space = "";
  settings.hub = kMdns;
  settings.protocol = blocks::AppProtocol::kGrpc;
  auto app = std::make_unique<blocks::App>(loop_, std::move(settings),
                                           std::make_unique<FoundChannel>(*this, id));
  app->set_started();
  co_return apps_.emplace(id, std::move(app)).first->second.get();
}

Task<Result<std::unique_ptr<blocks::Reply>>> FoundApps::call(Ctx ctx, std::string id,
                                                             const blocks::Call* call) {
  Error failure;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto sought = co_await node_->resolver().seek(ctx, id);
    if (!sought && ctx.cancelled()) co_return sought.error();
    const auto endpoint = node_->resolver().next(id);
    if (!endpoint) {
      if (attempt == 0 && !sought) failure = {Code::kUnavailable, sought.error().message};
      co_return failure;
    }
    auto peer = peer_at(*endpoint);
    if (!peer) co_return peer.error();
    const PeerPtr held = *peer;
    auto reply = co_await held->call(ctx, call);
    if (reply || ctx.cancelled() || reply.error().code != Code::kUnavailable) co_return reply;
    node_->resolver().forget(id, *endpoint);
    failure = reply.error();
  }
  co_return failure;
}

Result<FoundApps::PeerPtr> FoundApps::peer_at(const mdns::Endpoint& endpoint) {
  const Address address{edge::to_text(endpoint.address), endpoint.port, ""};
  const std::string name = address.text();
  if (const auto known = peers_.find(name); known != peers_.end()) return known->second;
  if (peers_.size() >= kMostPeers) drop_idle();
  if (peers_.size() >= kMostPeers) {
    return Error{Code::kResourceExhausted,
                 "there are calls to too many other hubs at once; try again later"};
  }
  auto peer = std::make_shared<api::PeerChannel>(loop_, peer_settings(address, services_));
  return peers_.emplace(name, std::move(peer)).first->second;
}

void FoundApps::drop_idle() {
  std::erase_if(peers_, [this](const auto& entry) {
    const PeerPtr& peer = entry.second;
    const bool idle = peer.use_count() == 1 && !peer->connected();
    if (idle) closing_.spawn(close_peer(peer));
    return idle;
  });
}

std::unique_ptr<FoundApps> find_apps(UvLoop& loop, const api::Services& services,
                                     const Resources& resources, mdns::NodeSettings settings) {
  const auto& wanted = resources.configuration.name_resolution;
  if (wanted && !wanted->component.empty() && wanted->component != kMdns) {
    log::warn(kScope,
              "apps are not found by their ids: this hub has no name resolver of that kind; use "
              "mdns, or name them in Peers",
              {{"component", wanted->component}});
    return nullptr;
  }
  const bool asked_for = wanted && wanted->component == kMdns;
  if (settings.port == 0 && !asked_for) return nullptr;
  if (asked_for) settings.seeking = mdns::Seeking::kEverywhere;
  settings.names = ids_of(resources.apps);
  auto node = mdns::Node::open(loop, std::move(settings));
  if (node) return std::make_unique<FoundApps>(loop, services, std::move(*node));
  log::warn(kScope, "apps are not found by their ids: " + node.error().message);
  return nullptr;
}

}  // namespace edge::daemon
