// Configuration over gRPC: reads, and changes as a stream. Source: wire reference §6.
#include <algorithm>

#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/configuration_messages.h"
#include "edge/blocks/configuration/viewer_lane.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;

rpc::ConfigurationItems items_of(configuration::Items items) {
  rpc::ConfigurationItems out;
  for (auto& [key, item] : items) {
    out.emplace(key, rpc::ConfigurationItem{std::move(item.value), std::move(item.version),
                                            std::move(item.metadata)});
  }
  return out;
}

ComponentCall counted(const Rpc& rpc, std::string_view store, std::string_view operation) {
  return {rpc.counted(), &observe::ComponentMetrics::configuration, store, operation};
}

// Sends what changes, until either side ends it.
Task<RpcAnswer> send_changes(Ctx ctx, Rpc* rpc, blocks::ConfigurationStream* stream) {
  const std::string first = answer_of(rpc::SubscribeConfigurationResponse{stream->id(), {}});
  Status sent = co_await rpc->call.write(ctx, first);
  while (sent) {
    auto update = co_await stream->next(ctx);
    if (!update) {
      co_return std::unexpected(
          ApiError{.grpc = update.error().code, .message = update.error().message});
    }
    if (!*update) co_return RpcAnswer("");
    const std::string message = answer_of(
        rpc::SubscribeConfigurationResponse{stream->id(), items_of(std::move((*update)->items))});
    sent = co_await rpc->call.write(ctx, message);
  }
  co_return std::unexpected(ApiError{.grpc = sent.error().code, .message = sent.error().message});
}

}  // namespace

Task<RpcAnswer> rpc_get_configuration(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::ConfigurationRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  blocks::set_lane(request->metadata, rpc->services.lanes.own_lane(rpc->app->lane()));
  auto store = rpc->services.configuration.find(rpc->app, request->store_name);
  if (!store) co_return std::unexpected(std::move(store.error()));
  const auto get = counted(*rpc, request->store_name, "get");
  auto items = co_await rpc->services.configuration.get(ctx, store->get(), std::move(request->keys),
                                                        std::move(request->metadata));
  get.done_with(items);
  if (!items) co_return std::unexpected(std::move(items.error()));
  co_return answer_of(rpc::GetConfigurationResponse{items_of(std::move(*items))});
}

Task<RpcAnswer> rpc_subscribe_configuration(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::ConfigurationRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  auto& block = rpc->services.configuration;
  auto store = block.find(rpc->app, request->store_name);
  if (!store) co_return std::unexpected(std::move(store.error()));
  std::ranges::sort(request->keys);
  blocks::set_lane(request->metadata, rpc->services.lanes.own_lane(rpc->app->lane()));
  blocks::SubscriptionWish wish{rpc->app->name(), std::move(request->keys),
                                std::move(request->metadata)};
  const auto subscribe = counted(*rpc, request->store_name, "subscribe");
  auto stream = co_await block.open_stream(ctx, store->get(), std::move(wish));
  subscribe.done_with(stream);
  // A store that goes ends its streams; it does not wait for them.
  *store = {};
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  co_return co_await send_changes(ctx, rpc, stream->get());
}

Task<RpcAnswer> rpc_unsubscribe_configuration(Ctx, Rpc* rpc) {
  auto request = request_of<rpc::UnsubscribeConfigurationRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  auto& block = rpc->services.configuration;
  auto store = block.find(rpc->app, request->store_name);
  if (!store) co_return std::unexpected(std::move(store.error()));
  const auto unsubscribe = counted(*rpc, request->store_name, "unsubscribe");
  const auto ended = block.unsubscribe(rpc->app->name(), request->store_name, request->id);
  unsubscribe.done_with(ended);
  rpc::UnsubscribeConfigurationResponse response{ended.has_value(), ""};
  if (!ended) {
    response.message = "failed to unsubscribe to configuration request " + request->id + ": " +
                       ended.error().message;
  }
  co_return answer_of(std::move(response));
}

}  // namespace edge::api
