// /v1.0-edgelane/sync and /v1.0-edgelane/outbox: the hub's connection to the cloud, and what waits
// for it.
#include "edge/api/http/handlers.h"
#include "edge/base/json_writer.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::CloudBacklog;
using blocks::CloudQueue;
using blocks::CloudState;

JsonObject link_json(const CloudState& state) {
  JsonObject shown;
  shown.add("configured", true).add("hub", state.hub).add("server", state.server);
  shown.add("online", state.online).add("lastError", state.last_error);
  return shown;
}

JsonObject queued_json(const CloudState& state) {
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  for (const CloudQueue& queue : state.queues) {
    messages += queue.messages;
    bytes += queue.bytes;
  }
  return JsonObject().add("messages", messages).add("bytes", bytes);
}

JsonObject counters_json(const blocks::CloudCounters& counted) {
  JsonObject shown;
  shown.add("accepted", counted.accepted).add("refused", counted.refused);
  shown.add("acknowledged", counted.acknowledged).add("givenUp", counted.given_up);
  shown.add("commands", counted.commands).add("connections", counted.connections);
  shown.add("unclaimed", counted.unclaimed).add("returned", counted.returned);
  return shown;
}

JsonObject state_json(const CloudState& state) {
  JsonObject shown = link_json(state);
  shown.add("queued", queued_json(state)).add("gaps", state.gaps).add("commands", state.commands);
  shown.add("lane", state.lane).add("generation", state.lane_gen).add("phase", state.lane_phase);
  shown.add("epoch", state.epoch).add("sinceStart", counters_json(state.counters));
  return shown;
}

void add_oldest(JsonObject& shown, const CloudBacklog& backlog, WallTime now) {
  if (!backlog.oldest) {
    shown.add_json("oldest", "null").add_json("oldestSeconds", "null");
    return;
  }
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *backlog.oldest);
  shown.add("oldest", to_rfc3339(*backlog.oldest));
  shown.add("oldestSeconds", std::max<std::int64_t>(age.count(), 0));
}

JsonObject class_json(const CloudQueue& queue, const CloudBacklog& backlog, WallTime now) {
  JsonObject shown;
  shown.add("class", queue.cls).add("messages", queue.messages).add("bytes", queue.bytes);
  shown.add("maxMessages", queue.max_messages).add("maxBytes", queue.max_bytes);
  shown.add("onFull", queue.on_full);
  add_oldest(shown, backlog, now);
  JsonArray lanes;
  for (const blocks::CloudLaneShare& share : backlog.lanes) {
    lanes.add(JsonObject()
                  .add("lane", share.lane)
                  .add("messages", share.messages)
                  .add("bytes", share.bytes));
  }
  return shown.add("lanes", lanes).add("lanesOfAll", backlog.complete);
}

std::string outbox_json(const CloudState& state, const std::vector<CloudBacklog>& backlog,
                        WallTime now) {
  JsonArray classes;
  for (std::size_t i = 0; i < state.queues.size() && i < backlog.size(); ++i) {
    classes.add(class_json(state.queues[i], backlog[i], now));
  }
  return link_json(state).add("gaps", state.gaps).add("classes", classes).text();
}

constexpr const char* kNoUplink = R"({"configured":false})";

}  // namespace

Task<void> get_sync(Ctx ctx, Request* request) {
  const blocks::CloudView* cloud = request->services.cloud;
  std::string answer = cloud == nullptr ? kNoUplink : state_json(cloud->state()).text();
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
  const WallTime now = request->services.loop.wall_now();
  std::string answer = outbox_json(cloud->state(), *backlog, now);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
