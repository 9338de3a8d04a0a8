// The port on which Prometheus reads the hub's metrics; every path answers.
//
// Source: wire reference §18.1; docs/decisions/0005-metrics-cardinality.md.
#pragma once

#include <memory>
#include <string>

#include "edge/api/services.h"
#include "edge/net/http1/server.h"
#include "edge/store/open_files.h"

namespace edge::daemon {

class MetricsServer final : public http1::Handler {
 public:
  // Everything outlives the server. `services.metrics` is there.
  MetricsServer(UvLoop& loop, const api::Services& services, const store::OpenFiles& files);

  // Errors: the address cannot be had.
  Status open(const std::string& address, std::uint16_t port);
  // Ends at once: whoever reads asks again.
  Task<void> stop();

  Task<void> handle(Ctx ctx, http1::ServerExchange* exchange) override;

 private:
  void look_at_process();
  void look_at_stores();
  void look_at_apps();
  void look_at_lanes();
  void look_at_cloud();
  void look_at_configuration();

  UvLoop& loop_;
  const api::Services& services_;
  const store::OpenFiles& files_;
  std::unique_ptr<http1::Server> server_;
};

}  // namespace edge::daemon
