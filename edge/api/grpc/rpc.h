// One call of the gRPC API on its way through a handler, and the table of its methods.
#pragma once

#include <string>
#include <string_view>

#include "edge/api/component_call.h"
#include "edge/api/lane_entry.h"
#include "edge/api/services.h"
#include "edge/blocks/api_error.h"
#include "edge/net/grpc/server.h"
#include "edge/net/protobuf/message.h"

namespace edge::api {

struct Rpc {
  Services& services;
  grpc::ServerCall& call;
  blocks::App* app = nullptr;  // who calls; null where the call carries no identity
  LaneDecision lane{};
  TimePoint began{};
  std::string_view message{};  // the request, of calls that have one
  std::size_t received_bytes = 0;
  std::string details{};  // of the error that an app answered: a serialized google.rpc.Status

  [[nodiscard]] const HeaderList& metadata() const { return call.metadata(); }
  void received(std::string_view bytes) noexcept {
    message = bytes;
    received_bytes = bytes.size();
  }
  // What is made of the request is enough.
  void drop_message() noexcept {
    message = {};
    call.drop_message();
  }
  [[nodiscard]] CountedFor counted() const { return {services.loop, app}; }
  // The call's context with the trace that its metadata tells; `trace` outlives it.
  [[nodiscard]] Ctx traced(Ctx ctx, Trace& trace) const;
};

// The serialized answer; of a stream "", as its messages have been sent.
using RpcAnswer = blocks::ApiResult<std::string>;
using RpcHandler = Task<RpcAnswer> (*)(Ctx ctx, Rpc* rpc);

template <protobuf::Message M>
blocks::ApiResult<M> request_of(const Rpc& rpc) {
  M message;
  const Status parsed = protobuf::parse(rpc.message, message);
  if (parsed) return message;
  return std::unexpected(
      blocks::ApiError{.grpc = parsed.error().code, .message = parsed.error().message});
}

template <protobuf::Message M>
std::string answer_of(M message) {
  return protobuf::print(message);
}

// What passes between client and hub.
enum class RpcShape : std::uint8_t { kUnary, kServerStream, kBothStream };

enum class RpcAccess : std::uint8_t {
  kHub,  // with a token where one is set, but without an app's identity
  kApp,  // in the name of an app
};

struct RpcMethod {
  std::string_view name;  // "GetState", of the service that the API offers
  std::string_view api;   // "state", as spec.api of a Configuration names it; "" always there
  std::string_view version;
  RpcHandler handler;
  RpcShape shape = RpcShape::kUnary;
  RpcAccess access = RpcAccess::kApp;
};

inline constexpr std::string_view kDaprService = "/dapr.proto.runtime.v1.Dapr/";
inline constexpr std::string_view kHealthService = "/grpc.health.v1.Health/";

// The method of a path, "/package.Service/Method"; null where there is none.
const RpcMethod* find_method(std::string_view path);

// The answer of a daprd in which the block of that method is not configured; `message`: the
// request, which some answers name a part of. Nothing where there is no such method.
struct MissingMethod {
  std::string_view name;
  std::string_view api;
  std::string_view version;
  Code code;
  std::string_view tag;
  std::string_view text;  // "<n>" stands for the component that the request names
};
const MissingMethod* find_missing(std::string_view path);
blocks::ApiError missing_error(const MissingMethod& method, std::string_view message);
// Whether the error needs the request.
bool names_component(const MissingMethod& method);

}  // namespace edge::api
