// What apps read of the hub's secrets. Source: wire reference §5.
#include "edge/api/freshness.h"
#include "edge/api/http/handlers.h"
#include "edge/api/http/secret_body.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::api {
namespace {

using blocks::ApiResult;
using blocks::SecretLease;

// Of the store that the path names.
ComponentCall counted(const Request& request, std::string_view operation) {
  return {request.counted(), &observe::ComponentMetrics::secret, request.parameters[0], operation};
}

void show(Request& request, const std::optional<secrets::Freshness>& freshness) {
  if (!freshness) return;
  for (const auto& [name, value] : freshness_headers(*freshness)) {
    request.extra_headers.append(name).append(": ").append(value).append("\r\n");
  }
}

secrets::RequestMetadata metadata_of(const Request& request) {
  secrets::RequestMetadata metadata;
  for (auto& [name, value] : Query(request.target.query).metadata()) metadata[name] = value;
  return metadata;
}

}  // namespace

Task<void> answer_secret(Ctx ctx, Request* request, std::string body) {
  http1::Response response;
  response.headers = "Content-Type: application/json\r\n";
  co_await answer(ctx, request, std::move(response), body);
  tls::wipe(body);
}

Task<void> get_secret(Ctx ctx, Request* request) {
  blocks::SecretsBlock& block = request->services.secrets;
  ApiResult<SecretLease> store = block.find(*request->app, request->parameters[0]);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const auto call = counted(*request, "get");
  const blocks::LaneView view = request->services.lanes.view_of_secrets(request->app->lane());
  auto reading =
      co_await block.get(ctx, store->get(), request->parameters[1], view, metadata_of(*request));
  call.done_with(reading);
  if (!reading) {
    co_await answer_error(ctx, request, std::move(reading.error()));
    co_return;
  }
  show(*request, reading->freshness);
  if (reading->secret.empty()) {
    co_await answer_empty(ctx, request, 204);
  } else {
    co_await answer_secret(ctx, request, secret_json(reading->secret));
  }
}

Task<void> get_all_secrets(Ctx ctx, Request* request) {
  blocks::SecretsBlock& block = request->services.secrets;
  ApiResult<SecretLease> store = block.find(*request->app, request->parameters[0]);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const auto call = counted(*request, "bulk_get");
  const blocks::LaneView view = request->services.lanes.view_of_secrets(request->app->lane());
  auto all = co_await block.get_all(ctx, store->get(), view);
  call.done_with(all);
  if (!all) {
    co_await answer_error(ctx, request, std::move(all.error()));
    co_return;
  }
  show(*request, all->freshness);
  co_await answer_secret(ctx, request, secrets_json(all->secrets));
}

}  // namespace edge::api
