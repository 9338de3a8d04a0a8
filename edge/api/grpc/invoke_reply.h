// What an app answered to AppCallback.OnInvoke, as a reply for callers of either protocol.
// Source: wire reference §1.6, §1.7.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "edge/blocks/invoke/channel.h"
#include "edge/net/grpc/client.h"

namespace edge::api {

class InvokeReply final : public blocks::Reply {
 public:
  // `call` has been exchanged for `answer`.
  InvokeReply(std::unique_ptr<grpc::ClientCall> call, grpc::UnaryAnswer answer);

  [[nodiscard]] int status() const noexcept override { return status_; }
  [[nodiscard]] const HeaderList& headers() const noexcept override { return headers_; }
  [[nodiscard]] ByteSource& body() noexcept override { return body_; }
  [[nodiscard]] const blocks::RpcEnding* ending() noexcept override { return &ending_; }
  Async<void> close() override { return {}; }

 private:
  void read_message(std::string_view message);

  std::unique_ptr<grpc::ClientCall> call_;  // whose views the lists hold
  blocks::RpcEnding ending_;
  std::string content_type_;
  std::string type_url_;
  std::string text_;
  int status_;
  HeaderList headers_;
  TextSource body_;
};

// A status as protobuf's JSON has dapr.proto.internals.v1.Status; `details`: a serialized
// google.rpc.Status, or "".
std::string status_json(const Error& error, std::string_view details);

}  // namespace edge::api
