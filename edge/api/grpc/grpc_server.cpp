#include "edge/api/grpc/grpc_server.h"

#include <algorithm>

#include "edge/api/grpc/error_status.h"
#include "edge/api/grpc/pass_on.h"
#include "edge/api/grpc/reflection.h"
#include "edge/base/log.h"
#include "edge/policy/baggage.h"

namespace edge::api {
namespace {

using blocks::ApiError;

std::unexpected<ApiError> failed(Code code, std::string message) {
  return std::unexpected(ApiError{.grpc = code, .message = std::move(message)});
}

// Offered where workflows are, and never another app's. Source: wire reference §9.
constexpr std::string_view kTaskHub = "/TaskHubSidecarService/";

bool is_ours(std::string_view path) {
  return path.starts_with(kDaprService) || path.starts_with(kHealthService) ||
         path.starts_with(kTaskHub);
}

// The hub's own reflection; where an app is named, that is asked for its own.
bool is_own_reflection(const grpc::ServerCall& call) {
  const std::string_view path = call.path();
  return (path.starts_with(kReflectionService) || path.starts_with(kAlphaReflectionService)) &&
         !call.metadata().find("dapr-app-id") && !call.metadata().find("dapr-callee-app-id");
}

std::unexpected<ApiError> unknown(std::string_view path) {
  std::string_view service = path.substr(0, path.rfind('/'));
  const std::string_view name = path.substr(std::min(path.size(), service.size() + 1));
  if (service.starts_with('/')) service.remove_prefix(1);
  if (path.starts_with(kTaskHub))
    return failed(Code::kUnimplemented, "unknown service " + std::string(service));
  return failed(Code::kUnimplemented,
                "unknown method " + std::string(name) + " for service " + std::string(service));
}

ApiError switched_off() {
  return refused_at_door(Code::kUnimplemented, "Not Implemented", "501",
                         "requested endpoint is not available");
}

std::unexpected<ApiError> unidentified() {
  return failed(Code::kPermissionDenied, unidentified_text());
}

}  // namespace

Ctx Rpc::traced(Ctx ctx, Trace& trace) const {
  if (ctx.trace() != nullptr) return ctx;
  trace = {metadata().find("traceparent").value_or(""), metadata().find("tracestate").value_or(""),
           metadata().find("baggage").value_or("")};
  return ctx.with_trace(trace);
}

Task<grpc::Outcome> RpcServer::handle(Ctx ctx, grpc::ServerCall* call) {
  Rpc rpc{services_, *call};
  rpc.began = services_.loop.now();
  grpc::Outcome outcome;
  if (auto admitted = admit(rpc); !admitted) {
    outcome = error_outcome(admitted.error());
  } else if (is_ours(call->path()) || is_own_reflection(*call)) {
    outcome = co_await answer(ctx, &rpc);
  } else if (rpc.app == nullptr) {
    outcome = error_outcome(unidentified().error());
  } else {
    outcome = co_await pass_on(ctx, &rpc);
  }
  count(rpc, outcome);
  if (services_.api_logging) log_call(rpc, outcome);
  co_return outcome;
}

void RpcServer::count(const Rpc& rpc, const grpc::Outcome& outcome) const {
  observe::AppMeter* meter = rpc.app == nullptr ? services_.strangers : rpc.app->meter();
  if (meter == nullptr || services_.metrics == nullptr) return;
  // What nobody offers is anybody's to name.
  const bool known = rpc.app != nullptr || find_method(rpc.call.path()) != nullptr;
  observe::RpcExchange exchange;
  exchange.method = known ? rpc.call.path() : "";
  exchange.status = outcome.status;
  exchange.took = services_.loop.now() - rpc.began;
  exchange.received_bytes = rpc.received_bytes;
  exchange.sent_bytes = outcome.message ? outcome.message->size() : 0;
  meter->rpc_requests().done(exchange);
}

Task<grpc::Outcome> RpcServer::answer(Ctx ctx, Rpc* rpc) const {
  const RpcMethod* method = find_method(rpc->call.path());
  const bool streams = method != nullptr && method->shape != RpcShape::kUnary;
  auto answer = co_await dispatch(ctx, rpc);
  grpc::Outcome outcome;
  if (!answer) {
    outcome = error_outcome(answer.error());
    if (!rpc->details.empty()) outcome.details = std::move(rpc->details);
  } else if (!streams) {
    outcome.message = std::move(*answer);
  }
  co_return outcome;
}

// Unlike over HTTP, no call is exempt.
blocks::ApiResult<void> RpcServer::admit(Rpc& rpc) const {
  const Caller who = identify(services_, identity_, rpc.metadata());
  if (who.refused) {
    const bool shown = rpc.metadata().find(kTokenHeader).has_value();
    return std::unexpected(refused_at_door(Code::kUnauthenticated, "Unauthorized", "401",
                                           shown ? "authentication error: api token mismatch"
                                                 : "missing api token in request metadata"));
  }
  if (const auto baggage = rpc.metadata().find("baggage")) {
    const auto valid = policy::check_baggage(*baggage);
    if (!valid) return failed(Code::kInvalidArgument, valid.error().message);
  }
  rpc.app = who.app;
  rpc.lane = decide_lane(services_, who, rpc.metadata());
  return {};
}

Task<RpcAnswer> RpcServer::dispatch(Ctx ctx, Rpc* rpc) const {
  const std::string_view path = rpc->call.path();
  if (const RpcMethod* method = find_method(path)) {
    co_return co_await serve(ctx, rpc, method);
  }
  if (const MissingMethod* method = find_missing(path)) {
    co_return co_await refuse_missing(ctx, rpc, method);
  }
  co_return unknown(path);
}

Task<RpcAnswer> RpcServer::serve(Ctx ctx, Rpc* rpc, const RpcMethod* method) const {
  if (!method->api.empty() && !services_.access.permits("grpc", method->version, method->api)) {
    co_return std::unexpected(switched_off());
  }
  if (rpc->app == nullptr && method->access == RpcAccess::kApp) co_return unidentified();
  if (method->shape != RpcShape::kBothStream) {
    auto message = co_await rpc->call.read_only(ctx);
    if (!message) co_return failed(message.error().code, message.error().message);
    rpc->received(*message);
  }
  co_return co_await method->handler(ctx, rpc);
}

Task<RpcAnswer> RpcServer::refuse_missing(Ctx ctx, Rpc* rpc, const MissingMethod* method) const {
  if (!services_.access.permits("grpc", method->version, method->api)) {
    co_return std::unexpected(switched_off());
  }
  if (rpc->app == nullptr) co_return unidentified();
  if (names_component(*method)) {
    auto message = co_await rpc->call.read_only(ctx);
    if (!message) co_return failed(message.error().code, message.error().message);
    rpc->received(*message);
  }
  co_return std::unexpected(missing_error(*method, rpc->message));
}

// Source: wire reference §13.6.
void RpcServer::log_call(const Rpc& rpc, const grpc::Outcome& outcome) const {
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(services_.loop.now() - rpc.began);
  const int code = outcome.status ? 0 : static_cast<int>(outcome.status.error().code);
  log::info("dapr.runtime.grpc.api-info", "gRPC API Called",
            {{"method", std::string(rpc.call.path())},
             {"code", std::to_string(code)},
             {"duration", std::to_string(took.count())},
             {"useragent", std::string(rpc.metadata().find("user-agent").value_or(""))}});
}

}  // namespace edge::api
