// /v1.0-edgelane/sync and /v1.0-edgelane/outbox: the hub's connection to the cloud, and what waits
// for it.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::CloudBacklog;
using blocks::CloudQueue;
using blocks::CloudState;
using Json = nlohmann::ordered_json;

std::string text_of(const Json& shown) {
  return shown.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json link_json(const CloudState& state) {
  return {{"configured", true},
          {"hub", state.hub},
          {"server", state.server},
          {"online", state.online},
          {"lastError", state.last_error}};
}

Json state_json(const CloudState& state) {
  Json shown = link_json(state);
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  for (const CloudQueue& queue : state.queues) {
    messages += queue.messages;
    bytes += queue.bytes;
  }
  shown["queued"] = {{"messages", messages}, {"bytes", bytes}};
  shown["gaps"] = state.gaps;
  shown["commands"] = state.commands;
  shown["lane"] = state.lane;
  shown["generation"] = state.lane_gen;
  shown["phase"] = state.lane_phase;
  shown["epoch"] = state.epoch;
  const blocks::CloudCounters& counted = state.counters;
  shown["sinceStart"] = {
      {"accepted", counted.accepted},         {"refused", counted.refused},
      {"acknowledged", counted.acknowledged}, {"givenUp", counted.given_up},
      {"commands", counted.commands},         {"connections", counted.connections}};
  return shown;
}

Json class_json(const CloudQueue& queue, const CloudBacklog& backlog, WallTime now) {
  Json shown = {{"class", queue.cls},          {"messages", queue.messages},
                {"bytes", queue.bytes},        {"maxMessages", queue.max_messages},
                {"maxBytes", queue.max_bytes}, {"onFull", queue.on_full},
                {"oldest", nullptr},           {"oldestSeconds", nullptr},
                {"lanes", Json::array()},      {"lanesOfAll", backlog.complete}};
  if (backlog.oldest) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *backlog.oldest);
    shown["oldest"] = to_rfc3339(*backlog.oldest);
    shown["oldestSeconds"] = std::max<std::int64_t>(age.count(), 0);
  }
  for (const blocks::CloudLaneShare& share : backlog.lanes) {
    shown["lanes"].push_back(
        {{"lane", share.lane}, {"messages", share.messages}, {"bytes", share.bytes}});
  }
  return shown;
}

constexpr const char* kNoUplink = R"({"configured":false})";

}  // namespace

Task<void> get_sync(Ctx ctx, Request* request) {
  const blocks::CloudView* cloud = request->services.cloud;
  std::string answer = cloud == nullptr ? kNoUplink : text_of(state_json(cloud->state()));
  co_await answer_json(ctx, request, 200, std::move(answer));
}

Task<void> get_outbox(Ctx ctx, Request* request) {
  blocks::CloudView* cloud = request->services.cloud;
  if (cloud == nullptr) {
    co_await answer_json(ctx, request, 200, kNoUplink);
    co_return;
  }
  auto backlog = co_await cloud->backlog(ctx);
  if (!backlog) {
    ApiError failed{.http = http_status(backlog.error().code),
                    .grpc = backlog.error().code,
                    .tag = "ERR_OUTBOX",
                    .message = backlog.error().message};
    co_await answer_error(ctx, request, std::move(failed));
    co_return;
  }
  const CloudState state = cloud->state();
  const WallTime now = request->services.loop.wall_now();
  Json shown = link_json(state);
  shown["gaps"] = state.gaps;
  shown["classes"] = Json::array();
  for (std::size_t i = 0; i < state.queues.size() && i < backlog->size(); ++i) {
    shown["classes"].push_back(class_json(state.queues[i], (*backlog)[i], now));
  }
  std::string answer = text_of(shown);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
