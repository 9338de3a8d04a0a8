// Where the hub listens: the shared port, each app's own socket and port, daprd's sockets.
//
// Source: wire reference §0.1, §17.4; design: per-app identity on one hub.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "edge/api/grpc/grpc_server.h"
#include "edge/api/http/api_server.h"
#include "edge/api/internals/peer_server.h"
#include "edge/daemon/flags.h"
#include "edge/net/h2c/h2c.h"
#include "edge/net/http1/server.h"
#include "edge/net/http2/server.h"

namespace edge::daemon {

class Listeners {
 public:
  Listeners(UvLoop& loop, api::Services& services, const Options& options);

  // Opens everything that the options and the apps ask for. An address that cannot be had is
  // logged; none at all is an error, as is an app's own socket.
  Status open(const std::vector<App>& apps, api::StrangerRule strangers);
  // Where other hubs call this one's apps; 0 where they cannot.
  [[nodiscard]] std::uint16_t internal_port() const noexcept { return internal_port_; }
  // Stops all, waiting for requests under way until `ctx` ends.
  Task<void> stop(Ctx ctx);

 private:
  enum class Protocol : std::uint8_t { kHttp, kGrpc, kInternal };
  // Who may come in by a listener, and what they speak there.
  struct Door {
    api::ListenerIdentity identity;
    Protocol protocol = Protocol::kHttp;
    std::function<std::string(const Socket&)> admission = {};
  };
  // A server with the handler that it uses.
  struct Opened {
    std::unique_ptr<api::ApiHandler> handler;
    std::unique_ptr<h2c::H2c> http2;
    std::unique_ptr<http1::Server> server;
  };
  struct OpenedRpc {
    std::unique_ptr<grpc::CallHandler> api;
    std::unique_ptr<grpc::CallServer> calls;
    std::unique_ptr<http2::Server> server;
  };

  Status open_shared();
  Status open_internal();
  Status open_daprd_socket();
  Status open_public();
  Status open_admin_socket();
  Status open_app_socket(const App& app, const std::string& name, Protocol protocol);
  Status open_app_port(const App& app, std::uint16_t port, Protocol protocol);
  [[nodiscard]] std::unique_ptr<grpc::CallHandler> rpc_handler(Door& door);
  // Listens on every listen address. Errors: none of them could be had.
  Status open_addresses(const std::vector<std::string>& addresses, std::uint16_t port,
                        const Door& door);
  Status open_socket(const std::string& path, Door door);
  void add(std::unique_ptr<Listener> listener, Door door);

  UvLoop& loop_;
  api::Services& services_;
  const Options& options_;
  http1::ServerLimits limits_;
  api::StrangerRule strangers_ = api::StrangerRule::kAllowed;
  std::uint16_t internal_port_ = 0;
  http2::ServerLimits http2_limits_;
  grpc::MessageBudget rpc_budget_;
  bool http2_on_http_ports_;
  std::list<Opened> opened_;
  std::list<OpenedRpc> opened_rpc_;
};

// The address at which a port for other hubs listens; "" every interface.
std::string internal_host(const Options& options);

}  // namespace edge::daemon
