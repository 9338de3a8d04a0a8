// FoundApps: apps that are found by their ids on this machine and its networks, and how they are
// called there. Source: wire reference §1.6, §14.9.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "edge/api/internals/peer_channel.h"
#include "edge/api/services.h"
#include "edge/blocks/invoke/app_finder.h"
#include "edge/daemon/flags.h"
#include "edge/daemon/resources/resources.h"
#include "edge/net/mdns/node.h"

namespace edge::daemon {

class FoundApps final : public blocks::AppFinder {
 public:
  // `services` outlives it.
  FoundApps(UvLoop& loop, const api::Services& services, std::unique_ptr<mdns::Node> node);

  // Announces and listens, in `tasks`.
  void start(TaskGroup& tasks) { node_->start(tasks); }
  // Says that this hub's apps go.
  void say_goodbye() { node_->say_goodbye(); }
  // Cuts the connections. Legal when nobody calls there any more.
  Task<void> close();

  Task<Result<blocks::App*>> find(Ctx ctx, std::string id) override;

 private:
  using PeerPtr = std::shared_ptr<api::PeerChannel>;
  class FoundChannel;

  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, std::string id,
                                                    const blocks::Call* call);
  Result<PeerPtr> peer_at(const mdns::Endpoint& endpoint);
  // Those to hubs that are gone, or have ended what was not used.
  void drop_idle();

  UvLoop& loop_;
  const api::Services& services_;
  std::unique_ptr<mdns::Node> node_;
  std::map<std::string, std::unique_ptr<blocks::App>, std::less<>> apps_;
  std::map<std::string, PeerPtr, std::less<>> peers_;  // by address
  TaskGroup closing_;
};

// What the resources and `port`, which is open for other hubs (0: none is), ask for. Null where
// apps are not sought, or there is no multicast, which is logged.
std::unique_ptr<FoundApps> find_apps(UvLoop& loop, const api::Services& services,
                                     const Resources& resources, mdns::NodeSettings settings);

}  // namespace edge::daemon
