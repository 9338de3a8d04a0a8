// From Peer resources to the apps that are called at other hubs, and whether these hubs are there.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "edge/api/http/url_channels.h"
#include "edge/api/internals/peer_channel.h"
#include "edge/api/services.h"
#include "edge/blocks/apps/health.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

class Peers {
 public:
  // Both outlive it.
  Peers(UvLoop& loop, api::Services& services) : loop_(loop), services_(services) {}

  // Errors: kInvalidArgument for a certificate or URL that cannot be used, with file and line.
  Status add(const std::vector<Peer>& peers);
  // Watches the hubs in `tasks`: an app of one that does not answer is unhealthy.
  void watch(TaskGroup& tasks);
  // Cuts the connections to internal ports. Legal when nobody calls there any more.
  Task<void> close();

 private:
  struct Watched {
    std::vector<blocks::App*> apps;
    std::unique_ptr<blocks::HealthProbe> probe;
    std::unique_ptr<blocks::HealthWatch> health;
  };
  Status add_peer(const Peer& peer);
  Status add_http_peer(const Peer& peer);
  Status add_internal_peer(const Peer& peer);
  blocks::App& add_app(const Peer& peer, const PeerApp& resource,
                       std::shared_ptr<blocks::Channel> channel);
  void watch_by(Watched watched, std::unique_ptr<blocks::HealthProbe> probe);

  UvLoop& loop_;
  api::Services& services_;
  std::list<Watched> watched_;
  std::vector<std::shared_ptr<api::PeerChannel>> internal_;
};

// How this hub calls an internal port.
api::PeerSettings peer_settings(Address address, const api::Services& services);

}  // namespace edge::daemon
