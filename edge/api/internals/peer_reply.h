// What another hub answered, as a reply for callers of either protocol. Source: wire reference
// §1.6, §1.8.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "edge/api/grpc/messages/internal_messages.h"
#include "edge/api/internals/payloads.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/loop/task_group.h"
#include "edge/net/grpc/client.h"

namespace edge::api {

class PeerReply final : public blocks::Reply {
 public:
  // `call` has been opened. `ctx` ends the request.
  PeerReply(Ctx ctx, Loop& loop, std::unique_ptr<grpc::ClientCall> call, std::size_t limit);

  // Sends the request: `bytes`, and after them `body` beside the answer where it is not null.
  // Waits for the leading message of the answer. Errors: what the other hub said; kUnimplemented
  // where it knows no such method. Legal once.
  Task<Status> begin_stream(Ctx ctx, std::string_view bytes, ByteSource* body);
  // As begin_stream(), of a call with one message each way.
  Task<Status> begin_unary(Ctx ctx, std::string message);

  [[nodiscard]] int status() const noexcept override { return status_; }
  [[nodiscard]] const HeaderList& headers() const noexcept override { return headers_; }
  [[nodiscard]] ByteSource& body() noexcept override { return *body_; }
  [[nodiscard]] const blocks::RpcEnding* ending() noexcept override {
    return by_grpc_ ? &ending_ : nullptr;
  }
  Async<void> close() override { return sending_.close(); }

 private:
  Task<void> send(Ctx ctx, ByteSource* body);
  Task<Status> read_head(Ctx ctx);
  Status take(rpc::InternalAnswer answer);
  void take_ending(rpc::RpcStatus status);

  std::unique_ptr<grpc::ClientCall> call_;
  std::optional<grpc::MessageReader> messages_;
  std::size_t limit_;
  rpc::InternalAnswer answer_;  // whose views the lists hold
  std::optional<PayloadSource> payloads_;
  std::optional<TextSource> text_source_;
  std::string text_;
  ByteSource* body_ = nullptr;
  HeaderList headers_;
  HeaderList metadata_;
  HeaderList trailers_;
  blocks::RpcEnding ending_;
  int status_ = 0;
  bool by_grpc_ = false;
  TaskGroup sending_;
};

}  // namespace edge::api
