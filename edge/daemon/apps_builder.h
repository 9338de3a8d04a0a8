// From App and HTTPEndpoint resources to what the blocks call. Source: wire reference §1.2, §15.3.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "edge/api/grpc/rpc_channel.h"
#include "edge/api/http/url_channels.h"
#include "edge/api/services.h"
#include "edge/blocks/apps/health.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

// What watches one app while the hub runs.
struct WatchedApp {
  const App& resource;
  blocks::App& app;
  Address address;
  std::unique_ptr<blocks::HealthProbe> probe;  // null where its health is not watched
  std::unique_ptr<blocks::HealthWatch> health;
};

class AppsBuilder {
 public:
  AppsBuilder(UvLoop& loop, api::Services& services);

  // Errors: kInvalidArgument for a certificate that cannot be used, with file and line.
  Status add_apps(const std::vector<App>& apps);
  Status add_endpoints(const std::vector<HttpEndpoint>& endpoints);
  // Cuts the connections to apps that speak gRPC. Legal when nobody calls them any more.
  Task<void> close();

  // Those that can be called.
  [[nodiscard]] std::list<WatchedApp>& watched() noexcept { return watched_; }

 private:
  Status add_app(const App& resource);
  [[nodiscard]] std::shared_ptr<observe::AppMeter> meter_of(const App& resource) const;
  [[nodiscard]] Result<std::shared_ptr<api::HttpChannel>> app_channel(
      const App& resource, const Address& address, api::HttpChannelSettings settings) const;
  // What an app is called by, and probed.
  struct Wires {
    std::shared_ptr<blocks::Channel> channel;
    std::unique_ptr<blocks::HealthProbe> probe;  // null where its health is not watched
  };
  Result<Wires> wires_of(const App& resource, const Address& address,
                         const std::shared_ptr<observe::AppMeter>& meter);
  [[nodiscard]] Result<Wires> http_wires(const App& resource, const Address& address,
                                         const std::shared_ptr<observe::AppMeter>& meter) const;
  Wires rpc_wires(const App& resource, const Address& address,
                  const std::shared_ptr<observe::AppMeter>& meter);
  Status add_endpoint(const HttpEndpoint& resource);

  UvLoop& loop_;
  api::Services& services_;
  std::string hub_headers_;
  std::vector<std::shared_ptr<api::RpcChannel>> rpc_channels_;
  std::list<WatchedApp> watched_;
};

// Waits until something listens where the app should be: daprd tries every 100 ms, forever.
Task<void> wait_for_app(UvLoop* loop, Ctx ctx, const WatchedApp* watched);

}  // namespace edge::daemon
