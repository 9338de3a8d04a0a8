// The gRPC API on one listener: decides whose call it is and hands it to its method.
#pragma once

#include "edge/api/caller.h"
#include "edge/api/grpc/rpc.h"

namespace edge::api {

// Source: wire reference §0.4, §17.1.
class RpcServer final : public grpc::CallHandler {
 public:
  // `services` outlives the server.
  RpcServer(Services& services, ListenerIdentity identity)
      : services_(services), identity_(std::move(identity)) {}

  Task<grpc::Outcome> handle(Ctx ctx, grpc::ServerCall* call) override;

 private:
  [[nodiscard]] blocks::ApiResult<void> admit(Rpc& rpc) const;
  // Of a service of the hub's own.
  Task<grpc::Outcome> answer(Ctx ctx, Rpc* rpc) const;
  Task<RpcAnswer> dispatch(Ctx ctx, Rpc* rpc) const;
  Task<RpcAnswer> serve(Ctx ctx, Rpc* rpc, const RpcMethod* method) const;
  Task<RpcAnswer> refuse_missing(Ctx ctx, Rpc* rpc, const MissingMethod* method) const;
  void count(const Rpc& rpc, const grpc::Outcome& outcome) const;
  void log_call(const Rpc& rpc, const grpc::Outcome& outcome) const;

  Services& services_;
  ListenerIdentity identity_;
};

}  // namespace edge::api
