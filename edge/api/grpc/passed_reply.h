// A gRPC call that is passed on to an app as it is: bytes both ways, as fast as both sides take
// them. Source: wire reference §1.10.
#pragma once

#include <memory>
#include <string>

#include "edge/api/grpc/counted_rpc.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/loop/task_group.h"
#include "edge/net/grpc/client.h"

namespace edge::api {

class PassedReply final : public blocks::Reply {
 public:
  // `call` has been opened. `ctx` ends the request.
  PassedReply(Ctx ctx, Loop& loop, std::unique_ptr<grpc::ClientCall> call,
              std::unique_ptr<CountedRpc> counted)
      : call_(std::move(call)),
        counted_(std::move(counted)),
        sending_(loop, "passing a request on", ctx) {}

  // Sends the request, beside the answer where its length is not known; waits for the beginning of
  // the answer. Errors: those of grpc::ClientCall::send().
  Task<Status> begin(Ctx ctx, ByteSource* body);

  [[nodiscard]] int status() const noexcept override;
  [[nodiscard]] const HeaderList& headers() const noexcept override;
  [[nodiscard]] ByteSource& body() noexcept override { return call_->stream().body(); }
  [[nodiscard]] const blocks::RpcEnding* ending() noexcept override;
  Async<void> close() override { return sending_.close(); }

 private:
  Task<void> send(Ctx ctx, ByteSource* body);

  std::unique_ptr<grpc::ClientCall> call_;
  std::unique_ptr<CountedRpc> counted_;
  blocks::RpcEnding ending_;
  TaskGroup sending_;
};

}  // namespace edge::api
