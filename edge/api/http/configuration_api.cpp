// Configuration for apps. Source: wire reference §6.
#include "edge/api/http/handlers.h"
#include "edge/blocks/configuration/items_json.h"
#include "edge/blocks/configuration/viewer_lane.h"

namespace edge::api {
namespace {

using blocks::ApiResult;
using blocks::ConfigurationLease;

ApiResult<ConfigurationLease> store_of(Request* request) {
  return request->services.configuration.find(request->app, request->parameters[0]);
}

blocks::SubscriptionWish wish_of(const Request& request) {
  const Query query(request.target.query);
  blocks::SubscriptionWish wish;
  wish.keys = query.all("key");
  for (auto& [name, value] : query.metadata()) wish.metadata[name] = value;
  blocks::set_lane(wish.metadata, request.services.lanes.own_lane(request.app->lane()));
  return wish;
}

// Of the store that the path names.
ComponentCall counted(const Request& request, std::string_view operation) {
  return {request.counted(), &observe::ComponentMetrics::configuration, request.parameters[0],
          operation};
}

}  // namespace

Task<void> get_configuration(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  blocks::SubscriptionWish wish = wish_of(*request);
  const auto call = counted(*request, "get");
  auto items = co_await request->services.configuration.get(ctx, store->get(), std::move(wish.keys),
                                                            std::move(wish.metadata));
  call.done_with(items);
  if (!items) {
    co_await answer_error(ctx, request, std::move(items.error()));
  } else if (items->empty()) {
    co_await answer_empty(ctx, request, 204);
  } else {
    co_await answer_json(ctx, request, 200, blocks::items_json(*items));
  }
}

Task<void> subscribe_configuration(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const auto call = counted(*request, "subscribe");
  auto id = co_await request->services.configuration.subscribe(ctx, request->app, store->get(),
                                                               wish_of(*request));
  call.done_with(id);
  if (id) {
    co_await answer_json(ctx, request, 200, "{\"id\":\"" + *id + "\"}");
  } else {
    co_await answer_error(ctx, request, std::move(id.error()));
  }
}

Task<void> unsubscribe_configuration(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const std::string& id = request->parameters[1];
  const auto call = counted(*request, "unsubscribe");
  const auto ended =
      request->services.configuration.unsubscribe(request->app->name(), (*store)->name, id);
  call.done_with(ended);
  if (ended) {
    co_await answer_json(ctx, request, 200, "{\"ok\":true}");
    co_return;
  }
  std::string body = "{\"message\":";
  blocks::append_json_text(
      body, "failed to unsubscribe to configuration request " + id + ": " + ended.error().message);
  co_await answer_json(ctx, request, 500, body + "}");
}

}  // namespace edge::api
