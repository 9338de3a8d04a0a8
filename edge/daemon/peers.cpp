#include "edge/daemon/peers.h"

#include "edge/api/internals/peer_channel.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/daemon/host.h"

namespace edge::daemon {
namespace {

// Answers when the other hub serves.
constexpr std::string_view kHealthPath = "/v1.0/healthz";
// A hub on the same network that is in use; one lost probe is no reason to leave it.
constexpr blocks::HealthSettings kWatching{std::chrono::seconds(5), std::chrono::seconds(2), 2, 1};
// A host of the same network that takes longer is not there, and another instance is asked.
constexpr Duration kDialTime = std::chrono::seconds(2);

// Makes channels to one hub.
class PeerChannels {
 public:
  PeerChannels(UvLoop& loop, const Peer& peer, api::Url url,
               std::shared_ptr<const tls::ClientContext> tls)
      : loop_(loop), peer_(peer), url_(std::move(url)), tls_(std::move(tls)) {}

  [[nodiscard]] std::shared_ptr<api::HttpChannel> to(std::string base_path) const {
    api::HttpChannelSettings settings;
    settings.authority = url_.authority;
    settings.origin = (url_.secure ? "https://" : "http://") + url_.authority;
    settings.base_path = std::move(base_path);
    settings.headers.emplace_back(blocks::kHopHeader, "1");
    settings.limits.dial_time = kDialTime;
    if (peer_.token) settings.app_token = peer_.token->text;
    return std::make_shared<api::HttpChannel>(loop_, api::url_dialer(loop_, url_, tls_),
                                              std::move(settings));
  }

 private:
  UvLoop& loop_;
  const Peer& peer_;
  api::Url url_;
  std::shared_ptr<const tls::ClientContext> tls_;
};

Result<PeerChannels> channels_of(UvLoop& loop, const Peer& peer) {
  auto url = api::parse_url(peer.url);
  if (!url) return url.error().within("spec.url");
  tls::ClientConfig config;
  if (peer.root_ca) config.root_ca = peer.root_ca->text;
  auto context = tls::ClientContext::parse(std::move(config));
  if (!context) return context.error().within("spec.rootCA");
  return PeerChannels(loop, peer, std::move(*url), std::move(*context));
}

}  // namespace

Status Peers::add(const std::vector<Peer>& peers) {
  for (const Peer& peer : peers) {
    if (auto added = add_peer(peer); !added) return added.error().within(to_text(peer.source));
  }
  return {};
}

blocks::App& Peers::add_app(const Peer& peer, const PeerApp& resource,
                            std::shared_ptr<blocks::Channel> channel) {
  blocks::AppSettings settings;
  settings.id = resource.id;
  settings.name_space = peer.name_space;
  settings.lane = policy::LaneId::parse(resource.lane).value_or(policy::LaneId());
  settings.hub = peer.name;
  if (peer.is_internal()) settings.protocol = blocks::AppProtocol::kGrpc;
  auto& app = services_.invoker.add_elsewhere(
      std::make_unique<blocks::App>(loop_, std::move(settings), api::share(std::move(channel))));
  app.set_started();
  return app;
}

Status Peers::add_peer(const Peer& peer) {
  return peer.is_internal() ? add_internal_peer(peer) : add_http_peer(peer);
}

Status Peers::add_http_peer(const Peer& peer) {
  auto channels = channels_of(loop_, peer);
  if (!channels) return channels.error();
  Watched watched;
  for (const PeerApp& resource : peer.apps) {
    auto channel = channels->to("/v1.0/invoke/" + resource.id + "/method");
    watched.apps.push_back(&add_app(peer, resource, std::move(channel)));
  }
  watch_by(std::move(watched),
           std::make_unique<api::HttpProbe>(channels->to(""), std::string(kHealthPath)));
  return {};
}

Status Peers::add_internal_peer(const Peer& peer) {
  auto url = api::parse_url("http" + peer.url.substr(peer.url.find(':')));
  if (!url) return url.error().within("spec.url");
  const Address address{url->host, url->port, ""};
  auto channel = std::make_shared<api::PeerChannel>(loop_, peer_settings(address, services_));
  internal_.push_back(channel);
  Watched watched;
  for (const PeerApp& resource : peer.apps) {
    watched.apps.push_back(&add_app(peer, resource, channel));
  }
  watch_by(std::move(watched), std::make_unique<api::PeerProbe>(loop_, address));
  return {};
}

void Peers::watch_by(Watched watched, std::unique_ptr<blocks::HealthProbe> probe) {
  watched.probe = std::move(probe);
  watched.health = std::make_unique<blocks::HealthWatch>(loop_, *watched.apps.front(),
                                                         *watched.probe, kWatching);
  watched_.push_back(std::move(watched));
}

Task<void> Peers::close() {
  for (const auto& channel : internal_) co_await channel->close();
}

api::PeerSettings peer_settings(Address address, const api::Services& services) {
  api::PeerSettings settings;
  settings.address = std::move(address);
  for (auto& [name, value] : api::forwarded_fields(host_ip(), host_name())) {
    settings.hub.emplace_back(to_lower(name), std::move(value));
  }
  const std::uint64_t limit = services.max_body_bytes;
  settings.message_limit = limit == 0 ? SIZE_MAX : limit;
  return settings;
}

void Peers::watch(TaskGroup& tasks) {
  for (Watched& watched : watched_) {
    for (blocks::App* app : watched.apps) app->set_health(blocks::AppHealth::kUnhealthy);
    watched.health->on_change([&watched](blocks::AppHealth health) {
      for (blocks::App* app : watched.apps) app->set_health(health);
      const bool there = health == blocks::AppHealth::kHealthy;
      log::info("edge.peers", there ? "another hub is there" : "another hub does not answer",
                {{"hub", watched.apps.front()->settings().hub}});
    });
    tasks.spawn(watched.health->run(tasks.ctx()));
  }
}

}  // namespace edge::daemon
