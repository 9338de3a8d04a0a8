// Probes an app by AppCallbackHealthCheck.HealthCheck; carries no token. Source: wire reference
// §13.5.
#pragma once

#include <memory>

#include "edge/api/grpc/rpc_channel.h"
#include "edge/blocks/apps/health.h"

namespace edge::api {

class RpcProbe final : public blocks::HealthProbe {
 public:
  explicit RpcProbe(std::shared_ptr<RpcChannel> channel) : channel_(std::move(channel)) {}

  Task<Status> probe(Ctx ctx) override;

 private:
  std::shared_ptr<RpcChannel> channel_;
};

}  // namespace edge::api
