// Secrets over gRPC. Source: wire reference §5.
#include "edge/api/freshness.h"
#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/secret_messages.h"

namespace edge::api {
namespace {

ComponentCall counted(const Rpc& rpc, std::string_view store, std::string_view operation) {
  return {rpc.counted(), &observe::ComponentMetrics::secret, store, operation};
}

void show(Rpc& rpc, const std::optional<secrets::Freshness>& freshness) {
  if (!freshness) return;
  for (auto& [name, value] : freshness_headers(*freshness)) {
    rpc.call.add_metadata(std::move(name), std::move(value));
  }
}

}  // namespace

Task<RpcAnswer> rpc_get_secret(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::GetSecretRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  blocks::SecretsBlock& block = rpc->services.secrets;
  auto store = block.find(*rpc->app, request->store_name);
  if (!store) co_return std::unexpected(std::move(store.error()));
  const auto get = counted(*rpc, request->store_name, "get");
  const blocks::LaneView view = rpc->services.lanes.view_of_secrets(rpc->app->lane());
  auto reading = co_await block.get(ctx, store->get(), std::move(request->key), view,
                                    std::move(request->metadata));
  get.done_with(reading);
  if (!reading) co_return std::unexpected(std::move(reading.error()));
  show(*rpc, reading->freshness);
  co_return answer_of(rpc::SecretResponse{std::move(reading->secret)});
}

Task<RpcAnswer> rpc_get_all_secrets(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::GetBulkSecretRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  blocks::SecretsBlock& block = rpc->services.secrets;
  auto store = block.find(*rpc->app, request->store_name);
  if (!store) co_return std::unexpected(std::move(store.error()));
  const auto get = counted(*rpc, request->store_name, "bulk_get");
  const blocks::LaneView view = rpc->services.lanes.view_of_secrets(rpc->app->lane());
  auto all = co_await block.get_all(ctx, store->get(), view);
  get.done_with(all);
  if (!all) co_return std::unexpected(std::move(all.error()));
  show(*rpc, all->freshness);
  rpc::GetBulkSecretResponse response;
  for (auto& [name, secret] : all->secrets) response.data[name].values = std::move(secret);
  co_return answer_of(std::move(response));
}

}  // namespace edge::api
