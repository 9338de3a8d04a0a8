// /v1.0-edgelane/lane: the hub's lanes, and the one that it is assigned to.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/base/json.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::LaneChange;
using blocks::LaneWish;
using blocks::malformed_request;
using policy::LaneId;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestNote = 1024;
constexpr std::size_t kLongestUser = 1024;

std::string text_of(const Json& shown) {
  return shown.dump(-1, ' ', false, Json::error_handler_t::replace);
}

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

Json instances_in(const Services& services, LaneId lane) {
  Json list = Json::array();
  for (const auto& [name, app] : services.apps.all()) {
    if (app->lane() != lane) continue;
    list.push_back({{"app", app->id()}, {"instance", name}, {"health", health_of(services, *app)}});
  }
  for (const auto& [name, app] : services.invoker.elsewhere().all()) {
    if (app->lane() != lane) continue;
    list.push_back({{"app", app->id()},
                    {"instance", name},
                    {"hub", app->settings().hub},
                    {"health", health_of(services, *app)}});
  }
  return list;
}

Json lane_json(const Services& services, const policy::LaneSpec& spec) {
  const bool strict = spec.mode == policy::LaneMode::kStrict;
  return {{"lane", spec.id.view()},
          {"mode", strict ? "strict" : "permissive"},
          {"declared", spec.declared},
          {"allowInherit", spec.inherited},
          {"secretsFallback", spec.secrets_fallback},
          {"uplinkPrefix", spec.uplink_prefix},
          {"consumers", spec.consumers},
          {"instances", instances_in(services, spec.id)}};
}

Json lanes_json(const Services& services) {
  Json list = Json::array();
  list.push_back({{"lane", LaneId().view()},
                  {"mode", "permissive"},
                  {"declared", true},
                  {"allowInherit", true},
                  {"secretsFallback", true},
                  {"uplinkPrefix", ""},
                  {"consumers", Json::array()},
                  {"instances", instances_in(services, LaneId())}});
  for (const auto& spec : services.lanes.table().lanes()) {
    list.push_back(lane_json(services, spec));
  }
  return list;
}

Json callers_json(const policy::LaneTable& table) {
  Json list = Json::array();
  for (const auto& [app, trust] : table.callers()) {
    Json names = Json::array();
    if (trust.lane) names.push_back("lane");
    if (trust.user) names.push_back("user");
    if (trust.device) names.push_back("device");
    list.push_back({{"app", app}, {"trust", std::move(names)}});
  }
  return list;
}

// Who is on the lists is not shown, only how many entries there are.
Json list_json(const policy::WhiteList& list) {
  const auto sizes = list.sizes();
  return {{"exact", sizes.exact}, {"prefixes", sizes.prefixes}, {"shares", sizes.shares}};
}

Json rules_json(const policy::LaneTable& table) {
  Json topics = Json::array();
  for (const policy::DeviceTopic& topic : table.device_topics) {
    topics.push_back({{"pubsub", topic.pubsub()}, {"topic", topic.pattern()}});
  }
  return {{"headers",
           {{"lane", table.headers.lane},
            {"user", table.headers.user},
            {"device", table.headers.device}}},
          {"callers", callers_json(table)},
          {"deviceTopics", std::move(topics)},
          {"devices", list_json(table.devices)},
          {"users", list_json(table.users)}};
}

Json change_json(const LaneChange& change) {
  return {{"number", change.number},
          {"time", to_rfc3339(change.time)},
          {"lane", change.lane.view()},
          {"before", change.before.view()},
          {"note", change.note},
          {"drain", change.drain == blocks::LaneDrain::kRetag ? "retag" : "keep"}};
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
  for (const policy::LaneSpec& spec : table.lanes()) list.append(", ").append(spec.id.view());
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
  const Services& services = request->services;
  const blocks::LaneCounters& counters = services.lanes.counters;
  const Json shown = {{"assigned", services.lanes.assigned().view()},
                      {"assignable", services.lane_assignments != nullptr},
                      {"lanes", lanes_json(services)},
                      {"rules", rules_json(services.lanes.table())},
                      {"counters",
                       {{"unknown", counters.unknown},
                        {"fallbacks", counters.fallbacks},
                        {"refused", counters.refused}}}};
  co_await answer_json(ctx, request, 200, text_of(shown));
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
    co_await answer_json(ctx, request, 200, text_of(change_json(*changed)));
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
  Json changes = Json::array();
  for (const LaneChange& change : *past) changes.push_back(change_json(change));
  std::string answer = text_of({{"changes", std::move(changes)}});
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
  std::string answer = text_of({{"tag", tag}});
  co_await answer_json(ctx, request, 200, std::move(answer));
}

}  // namespace edge::api
