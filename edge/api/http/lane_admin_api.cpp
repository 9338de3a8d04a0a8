// /v1.0-edgelane/lane: the hub's lanes, and the one that it is assigned to.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/base/json.h"
#include "edge/base/json_writer.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::LaneChange;
using blocks::LaneWish;
using blocks::malformed_request;
using policy::LaneId;

constexpr std::size_t kLongestNote = 1024;
constexpr std::size_t kLongestUser = 1024;

std::string_view health_of(const Services& services, const blocks::App& app) {
  if (!app.callable()) return "caller";
  if (!app.started()) return "starting";
  if (!app.settings().hub.empty()) {
    return app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
  }
  const auto found = services.connections.find(app.name());
  if (found == services.connections.end() || !found->second.health_checked) return "unchecked";
  return app.health() == blocks::AppHealth::kHealthy ? "healthy" : "unhealthy";
}

JsonArray instances_in(const Services& services, LaneId lane) {
  JsonArray list;
  for (const auto& [name, app] : services.apps.all()) {
    if (app->lane() != lane) continue;
    list.add(JsonObject()
                 .add("app", app->id())
                 .add("instance", name)
                 .add("health", health_of(services, *app)));
  }
  for (const auto& [name, app] : services.invoker.elsewhere().all()) {
    if (app->lane() != lane) continue;
    list.add(JsonObject()
                 .add("app", app->id())
                 .add("instance", name)
                 .add("hub", app->settings().hub)
                 .add("health", health_of(services, *app)));
  }
  return list;
}

JsonObject lane_json(const Services& services, const policy::LaneSpec& spec) {
  const bool strict = spec.mode == policy::LaneMode::kStrict;
  JsonObject shown;
  shown.add("lane", spec.id.view()).add("mode", strict ? "strict" : "permissive");
  shown.add("declared", spec.declared).add("allowInherit", spec.inherited);
  shown.add("secretsFallback", spec.secrets_fallback).add("uplinkPrefix", spec.uplink_prefix);
  shown.add("consumers", json_array(spec.consumers));
  if (spec.expires) shown.add("expires", to_rfc3339(*spec.expires)).add("expired", spec.expired);
  shown.add("instances", instances_in(services, spec.id));
  return shown;
}

JsonObject base_json(const Services& services) {
  JsonObject shown;
  shown.add("lane", LaneId().view()).add("mode", "permissive");
  shown.add("declared", true).add("allowInherit", true).add("secretsFallback", true);
  shown.add("uplinkPrefix", "").add("consumers", JsonArray());
  shown.add("instances", instances_in(services, LaneId()));
  return shown;
}

JsonArray lanes_json(const Services& services) {
  JsonArray list;
  list.add(base_json(services));
  for (const auto& spec : services.lanes.table().lanes()) list.add(lane_json(services, spec));
  return list;
}

JsonArray callers_json(const policy::LaneTable& table) {
  JsonArray list;
  for (const auto& [app, trust] : table.callers()) {
    JsonArray names;
    if (trust.lane) names.add("lane");
    if (trust.user) names.add("user");
    if (trust.device) names.add("device");
    list.add(JsonObject().add("app", app).add("trust", names));
  }
  return list;
}

// Who is on the lists is not shown, only how many entries there are.
JsonObject list_json(const policy::WhiteList& list) {
  const auto sizes = list.sizes();
  JsonObject shown;
  shown.add("exact", sizes.exact).add("prefixes", sizes.prefixes).add("shares", sizes.shares);
  return shown;
}

JsonObject rules_json(const policy::LaneTable& table) {
  JsonArray topics;
  for (const policy::DeviceTopic& topic : table.device_topics) {
    topics.add(JsonObject().add("pubsub", topic.pubsub()).add("topic", topic.pattern()));
  }
  JsonObject headers;
  headers.add("lane", table.headers.lane).add("user", table.headers.user);
  headers.add("device", table.headers.device);
  JsonObject shown;
  shown.add("headers", headers).add("callers", callers_json(table));
  shown.add("deviceTopics", topics).add("devices", list_json(table.devices));
  return shown.add("users", list_json(table.users));
}

JsonObject counters_json(const blocks::LaneCounters& counters) {
  JsonObject shown;
  shown.add("unknown", counters.unknown).add("fallbacks", counters.fallbacks);
  return shown.add("refused", counters.refused);
}

std::string shown_lanes(const Services& services) {
  JsonObject shown;
  shown.add("assigned", services.lanes.assigned().view());
  shown.add("assignable", services.lane_assignments != nullptr);
  shown.add("lanes", lanes_json(services)).add("rules", rules_json(services.lanes.table()));
  return shown.add("counters", counters_json(services.lanes.counters)).text();
}

JsonObject change_json(const LaneChange& change) {
  JsonObject shown;
  shown.add("number", change.number).add("time", to_rfc3339(change.time));
  shown.add("lane", change.lane.view()).add("before", change.before.view());
  shown.add("note", change.note);
  return shown.add("drain", change.drain == blocks::LaneDrain::kRetag ? "retag" : "keep");
}

std::string history_json(const std::vector<LaneChange>& past) {
  JsonArray changes;
  for (const LaneChange& change : past) changes.add(change_json(change));
  return JsonObject().add("changes", changes).text();
}

ApiError failed(std::string_view tag, const Error& error) {
  return {.http = http_status(error.code),
          .grpc = error.code,
          .tag = std::string(tag),
          .message = error.message};
}

ApiResult<blocks::LaneAssignments*> assignments_of(const Services& services) {
  if (services.lane_assignments != nullptr) return services.lane_assignments;
  return std::unexpected(ApiError{.http = 400,
                                  .grpc = Code::kFailedPrecondition,
                                  .tag = "ERR_LANE_NOT_ASSIGNABLE",
                                  .message = "only a hub with a data directory is assigned to a "
                                             "lane; start it with --root or --data-dir"});
}

ApiError no_user_key() {
  return {.http = 400,
          .grpc = Code::kFailedPrecondition,
          .tag = "ERR_LANE_NO_USER_KEY",
          .message = "the hub's LaneRules have no key; add spec.userKey first"};
}

std::string known_lanes(const policy::LaneTable& table) {
  std::string list(LaneId().view());
  for (const policy::LaneSpec& spec : table.lanes()) {
    if (!spec.expired) list.append(", ").append(spec.id.view());
  }
  return list;
}

// {"lane": "gray", "note": "...", "drain": "keep" or "retag"}
ApiResult<LaneWish> parse_wish(const policy::LaneTable& table, const std::string& body) {
  auto json = parse_json(body);
  if (!json || !json->is_object() || !json->contains("lane") || !(*json)["lane"].is_string()) {
    return std::unexpected(malformed_request("the body is an object with the text \"lane\""));
  }
  LaneWish wish;
  const std::string name = (*json)["lane"];
  const auto lane = LaneId::parse(name);
  if (!lane || (!lane->is_base() && table.find(*lane) == nullptr)) {
    ApiError unknown{.http = 404, .grpc = Code::kNotFound, .tag = "ERR_LANE_UNKNOWN"};
    unknown.message = "there is no lane \"" + name.substr(0, 64) + "\" on this hub; it has " +
                      known_lanes(table) + "; add a resource of kind Lane for another";
    return std::unexpected(std::move(unknown));
  }
  wish.lane = *lane;
  if (json->contains("note")) {
    const auto& note = (*json)["note"];
    if (!note.is_string() || note.get_ref<const std::string&>().size() > kLongestNote) {
      return std::unexpected(malformed_request("note is a text of at most 1024 bytes"));
    }
    wish.note = note;
  }
  if (json->contains("drain")) {
    const auto& drain = (*json)["drain"];
    if (drain != "keep" && drain != "retag") {
      return std::unexpected(malformed_request("drain is \"keep\" or \"retag\""));
    }
    if (drain == "retag") wish.drain = blocks::LaneDrain::kRetag;
  }
  return wish;
}

}  // namespace

Task<void> get_lanes(Ctx ctx, Request* request) {
  std::string answer = shown_lanes(request->services);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

Task<void> set_lane(Ctx ctx, Request* request) {
  auto store = assignments_of(request->services);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto body = co_await read_body(ctx, request, "ERR_MALFORMED_REQUEST", "");
  if (!body) {
    co_await answer_error(ctx, request, std::move(body.error()));
    co_return;
  }
  auto wish = parse_wish(request->services.lanes.table(), *body);
  if (!wish) {
    co_await answer_error(ctx, request, std::move(wish.error()));
    co_return;
  }
  blocks::LaneAssignments* assignments = *store;
  auto changed = co_await assignments->assign(ctx, std::move(*wish));
  if (changed) {
    co_await answer_json(ctx, request, 200, change_json(*changed).text());
  } else {
    co_await answer_error(ctx, request, failed("ERR_LANE_SET", changed.error()));
  }
}

Task<void> get_lane_history(Ctx ctx, Request* request) {
  auto store = assignments_of(request->services);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto limit = history_limit(*request);
  if (!limit) {
    co_await answer_error(ctx, request, std::move(limit.error()));
    co_return;
  }
  blocks::LaneAssignments* assignments = *store;
  auto past = co_await assignments->history(ctx, *limit);
  if (!past) {
    co_await answer_error(ctx, request, failed("ERR_LANE_HISTORY", past.error()));
    co_return;
  }
  std::string answer = history_json(*past);
  co_await answer_json(ctx, request, 200, std::move(answer));
}

// The body is the user's id; the answer is what stands for it in LaneRules.
Task<void> post_lane_tag(Ctx ctx, Request* request) {
  const policy::LaneTable& table = request->services.lanes.table();
  if (table.user_key.empty()) {
    co_await answer_error(ctx, request, no_user_key());
    co_return;
  }
  auto user = co_await read_body(ctx, request, "ERR_MALFORMED_REQUEST", "");
  if (!user) {
    co_await answer_error(ctx, request, std::move(user.error()));
    co_return;
  }
  if (user->empty() || user->size() > kLongestUser) {
    co_await answer_error(ctx, request, malformed_request("a user's id has 1 to 1024 bytes"));
    co_return;
  }
  // The rules may have changed meanwhile.
  const policy::LaneTable& now = request->services.lanes.table();
  const std::string tag = now.user_tag == nullptr ? "" : now.user_tag(now.user_key, *user);
  std::string answer = JsonObject().add("tag", tag).text();
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
