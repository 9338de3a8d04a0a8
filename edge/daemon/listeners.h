// Where the hub listens: the shared port, each app's own socket and port, daprd's sockets.
//
// Source: wire reference §0.1, §17.4; design: per-app identity on one hub.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "edge/api/http/api_server.h"
#include "edge/daemon/flags.h"
#include "edge/net/http1/server.h"

namespace edge::daemon {

class Listeners {
 public:
  Listeners(UvLoop& loop, api::Services& services, const Options& options);

  // Opens everything that the options and the apps ask for. An address that cannot be had is
  // logged; none at all is an error, as is an app's own socket.
  Status open(const std::vector<App>& apps);
  // Stops all, waiting for requests under way until `ctx` ends.
  Task<void> stop(Ctx ctx);

 private:
  // A server with the handler that it uses.
  struct Opened {
    std::unique_ptr<api::ApiHandler> handler;
    std::unique_ptr<http1::Server> server;
  };

  Status open_shared();
  Status open_daprd_socket();
  Status open_public();
  Status open_admin_socket();
  Status open_app_socket(const App& app);
  Status open_app_port(const App& app);
  // Listens on every listen address. Errors: none of them could be had.
  Status open_addresses(const std::vector<std::string>& addresses, std::uint16_t port,
                        const api::ListenerIdentity& identity);
  void add(std::unique_ptr<Listener> listener, api::ListenerIdentity identity,
           http1::Server::Admission admission = {});

  UvLoop& loop_;
  api::Services& services_;
  const Options& options_;
  http1::ServerLimits limits_;
  std::list<Opened> opened_;
};

}  // namespace edge::daemon
