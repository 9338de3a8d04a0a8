#include "edge/api/http/handlers.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

blocks::ApiError not_ready(std::string tag, std::string message) {
  return {.tag = std::move(tag), .message = std::move(message)};
}

}  // namespace

// For an app: whether the hub and it are ready. Without identity: whether the hub is.
Task<void> get_health(Ctx ctx, Request* request) {
  const Query query(request->target.query);
  const auto wanted = query.get("appid");
  const blocks::App* app = request->app;
  if (!wanted.empty() && app != nullptr && wanted != app->id()) {
    co_await answer_error(ctx, request,
                          not_ready("ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match"));
    co_return;
  }
  std::string missing;
  if (!request->services.outbound_ready) missing = "runtime";
  if (app != nullptr && !app->started()) missing += missing.empty() ? "app" : " app";
  if (!missing.empty()) {
    co_await answer_error(
        ctx, request, not_ready("ERR_HEALTH_NOT_READY", "dapr is not ready: [" + missing + "]"));
    co_return;
  }
  co_await answer_empty(ctx, request, 204);
}

Task<void> get_outbound_health(Ctx ctx, Request* request) {
  if (!request->services.outbound_ready) {
    co_await answer_error(ctx, request,
                          not_ready("ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready"));
    co_return;
  }
  co_await answer_empty(ctx, request, 204);
}

Task<void> post_shutdown(Ctx ctx, Request* request) {
  if (!request->services.shutdown) {
    blocks::ApiError refused{
        .http = 403, .grpc = Code::kPermissionDenied, .tag = "ERR_PERMISSION_DENIED"};
    refused.message = "this hub serves several apps: it is stopped by its service manager";
    co_await answer_error(ctx, request, std::move(refused));
    co_return;
  }
  const auto force = request->headers().find("dapr-force-shutdown");
  co_await answer_empty(ctx, request, 204);
  request->services.shutdown(force && is_truthy(*force) ? ShutdownKind::kForced
                                                        : ShutdownKind::kGraceful);
}

}  // namespace edge::api
