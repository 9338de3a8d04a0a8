#include "edge/api/http/api_server.h"

#include <algorithm>

#include "edge/api/http/invoke_api.h"
#include "edge/api/http/not_configured.h"
#include "edge/api/http/routes.h"
#include "edge/base/log.h"
#include "edge/net/http1/text.h"
#include "edge/policy/baggage.h"

namespace edge::api {
namespace {

constexpr std::string_view kCorsMethods = "HEAD, GET, POST, PUT, PATCH, DELETE";

// What is answered without a token. Nothing but these two: what else begins like them is a call of
// an app. Source: wire reference §11.2.
bool is_health(const Request& request) {
  const std::string_view path = request.target.path();
  return request.verb() == "GET" && (path == "/v1.0/healthz" || path == "/v1.0/healthz/outbound");
}

bool is_broken(std::string_view path) {
  return path.find('%') != std::string_view::npos && !percent_decode(path, PlusSign::kIsPlus);
}

// Of a path with at least two segments, as those of all APIs have: "v1.0-alpha1", "lock".
bool may_use(const policy::ApiAccess& access, std::string_view path) {
  const auto parts = segments(path);
  return access.permits("http", parts[0], parts[1]);
}

// daprd treats a browser's preflight as answered by CORS alone.
bool is_preflight(const Request& request) {
  return request.verb() == "OPTIONS" && request.headers().find("origin") &&
         request.headers().find("access-control-request-method");
}

}  // namespace

Task<void> ApiHandler::handle(Ctx ctx, http1::ServerExchange* exchange) {
  const TimePoint began = services_.loop.now();
  const std::uint64_t request_bytes = exchange->body().length().value_or(0);
  const Target target = parse_target(exchange->request().target);
  Request request{services_, *exchange, target, nullptr, {}, {}, 0, began};
  co_await route(ctx, &request);
  count(request, began, request_bytes);
  if (services_.api_logging) log_call(request, began);
}

void ApiHandler::count(const Request& request, TimePoint began, std::uint64_t request_bytes) const {
  observe::AppMeter* meter = request.app != nullptr ? request.app->meter() : services_.strangers;
  if (meter == nullptr) return;
  observe::Exchange exchange;
  exchange.verb = request.verb();
  exchange.status = request.answered == 0 ? 500 : request.answered;
  exchange.took = services_.loop.now() - began;
  exchange.request_bytes = request_bytes;
  exchange.response_bytes = request.exchange.sent_bytes();
  meter->requests().done(exchange);
}

Task<void> ApiHandler::route(Ctx ctx, Request* request) {
  add_common_headers(*request);
  if (!services_.allowed_origins.empty() && is_preflight(*request)) {
    return answer_empty(ctx, request, 204);
  }
  const Caller who = identify(services_, identity_, request->headers());
  request->app = who.app;
  if (is_health(*request)) return dispatch(ctx, request);
  if (who.refused) return answer_text(ctx, request, 401, "invalid api token\n");
  if (const auto baggage = request->headers().find("baggage")) {
    auto valid = policy::check_baggage(*baggage);
    if (!valid) return answer_text(ctx, request, 400, valid.error().message + "\n");
    http1::append_header(request->extra_headers, "baggage", *baggage);
  }
  request->lane = decide_lane(services_, who, request->headers());
  return dispatch(ctx, request);
}

Task<void> ApiHandler::dispatch(Ctx ctx, Request* request) {
  const Target& target = request->target;
  if (is_broken(target.raw_path)) {
    return answer_text(ctx, request, 400, "invalid URL escape in the path\n");
  }
  if (!target.path().starts_with("/v1.0/invoke/")) {
    if (auto match = match_route(request->verb(), target.path()); match && permits(*match)) {
      return serve(ctx, request, std::move(*match));
    }
    auto missing = not_configured(request->verb(), target.path());
    if (missing && request->app != nullptr && identity_.reach == Reach::kWhole &&
        may_use(services_.access, target.path())) {
      return answer_error(ctx, request, std::move(*missing));
    }
  }
  auto addressed = addressed_app(request->headers(), target);
  if (!addressed || identity_.reach == Reach::kPublic ||
      !services_.access.permits("http", "v1.0", "invoke")) {
    return answer_not_addressed(ctx, request);
  }
  if (request->app == nullptr) return answer_unidentified(ctx, request);
  return invoke(ctx, request, std::move(*addressed));
}

// What the configuration or the listener does not offer is as if it were not there.
bool ApiHandler::permits(const Match& match) const {
  const Access access = match.route->access;
  if (access == Access::kEveryone) return true;
  if (identity_.reach == Reach::kPublic && access >= Access::kTools) return false;
  return services_.access.permits("http", match.version, match.api);
}

Task<void> ApiHandler::serve(Ctx ctx, Request* request, Match match) {
  if (match.route->access == Access::kApp && request->app == nullptr) {
    return answer_unidentified(ctx, request);
  }
  if (match.route->access == Access::kAdmin && !may_administer(*request)) {
    return answer_no_admin(ctx, request);
  }
  request->parameters = std::move(match.parameters);
  return match.route->handler(ctx, request);
}

bool ApiHandler::may_administer(const Request& request) const {
  const std::string& peer = request.exchange.peer_host();
  switch (identity_.admin) {
    case AdminRule::kEverybody:
      return true;
    case AdminRule::kLocalPeers:
      return peer.empty() || peer.starts_with("127.") || peer == "::1" ||
             peer.starts_with("::ffff:127.");
    case AdminRule::kNobody:
      return false;
  }
  return false;
}

Task<void> ApiHandler::answer_no_admin(Ctx ctx, Request* request) {
  blocks::ApiError error{
      .http = 403, .grpc = Code::kPermissionDenied, .tag = "ERR_PERMISSION_DENIED"};
  error.message =
      "this shows or changes the hub itself, which only its own socket admin.sock in the run "
      "directory may: "
      "edgelane --socket <run directory>/admin.sock";
  co_await answer_error(ctx, request, std::move(error));
}

Task<void> ApiHandler::answer_unidentified(Ctx ctx, Request* request) {
  blocks::ApiError error{
      .http = 403, .grpc = Code::kPermissionDenied, .tag = "ERR_PERMISSION_DENIED"};
  error.message = unidentified_text();
  co_await answer_error(ctx, request, std::move(error));
}

void ApiHandler::add_common_headers(Request& request) const {
  if (services_.allowed_origins.empty()) return;
  const auto origin = request.headers().find("origin");
  if (!origin) return;
  const auto& allowed = services_.allowed_origins;
  const bool any = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  if (!any && std::find(allowed.begin(), allowed.end(), *origin) == allowed.end()) return;
  std::string& headers = request.extra_headers;
  http1::append_header(headers, "Access-Control-Allow-Origin", any ? "*" : *origin);
  http1::append_header(headers, "Access-Control-Allow-Methods", kCorsMethods);
  http1::append_header(headers, "Access-Control-Allow-Headers", "*");
  if (!any) http1::append_header(headers, "Vary", "Origin");
}

// Source: wire reference §13.6.
void ApiHandler::log_call(const Request& request, TimePoint began) const {
  if (!services_.log_health_checks && is_health(request)) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(services_.loop.now() - began);
  log::info("dapr.runtime.http-info", "HTTP API Called",
            {{"method", std::string(request.verb()) + " " + std::string(request.target.path())},
             {"code", std::to_string(request.answered)},
             {"duration", std::to_string(took.count())},
             {"size", std::to_string(request.exchange.sent_bytes())},
             {"useragent", std::string(request.headers().find("user-agent").value_or(""))}});
}

}  // namespace edge::api
