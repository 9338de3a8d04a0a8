#include "edge/daemon/uplink/hub_commands.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/blocks/lanes/choose_instance.h"
#include "edge/blocks/lanes/lane_headers.h"

namespace edge::daemon {
namespace {

using blocks::LaneTrip;
using policy::LaneId;
using sync::Command;
using sync::Reply;

constexpr std::string_view kScope = "edge.sync";
constexpr Duration kPause = std::chrono::seconds(1);
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestShown = 64;

Reply rejected(int code, std::string why) {
  return {.status = "rejected", .code = code, .body = std::move(why)};
}

Reply failed(const Error& error) {
  return {.status = "failed", .code = http_status(error.code), .body = error.message};
}

// "POST /set?x=1", or "set" for a POST.
struct Method {
  std::string verb = "POST";
  std::string path;
  std::string query;
};

// Visible ASCII, as it may stand in a request's head.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c <= ' ' || c > '~' || c == '#'; });
}

Result<Method> parse_method(std::string_view text) {
  Method method;
  const auto blank = text.find(' ');
  if (blank != std::string_view::npos) {
    method.verb = text.substr(0, blank);
    text.remove_prefix(blank + 1);
  }
  const auto query = text.find('?');
  method.path = text.substr(0, query);
  if (query != std::string_view::npos) method.query = text.substr(query + 1);
  if (!method.path.starts_with('/')) method.path.insert(0, "/");
  constexpr std::array<std::string_view, 6> kVerbs = {"GET",    "POST", "PUT",
                                                      "DELETE", "HEAD", "PATCH"};
  const bool is_known = std::ranges::find(kVerbs, method.verb) != kVerbs.end();
  if (!is_known || text.size() > kLongestPath || !is_plain(text)) {
    return Error{Code::kInvalidArgument,
                 "method is a verb and a path of at most 4096 characters, as \"POST /set\""};
  }
  return method;
}

std::string text_of(const nlohmann::json& object, std::string_view name) {
  const auto found = string_member(object, name);
  return found ? found->value_or("") : "";
}

// A text goes as it is, everything else as JSON.
std::string body_of(const nlohmann::json& data) {
  const auto* body = find_member(data, "body");
  if (body == nullptr || body->is_null()) return "";
  return body->is_string() ? body->get<std::string>() : dump_json(*body);
}

Result<sync::Move> parse_move(const nlohmann::json& data) {
  sync::Move move{.lane = text_of(data, "lane")};
  const std::string drain = text_of(data, "drain");
  if (drain == "retag") move.drain = sync::DrainMode::kRetag;
  if (drain.empty() || drain == "keep" || drain == "retag") return move;
  return Error{Code::kInvalidArgument, "drain is \"keep\" or \"retag\""};
}

// Of secrets; "*" for all. None where it is neither.
std::vector<std::string> names_of(const nlohmann::json& data) {
  const auto* names = find_member(data, "names");
  if (names == nullptr) return {};
  if (names->is_string()) return {names->get<std::string>()};
  std::vector<std::string> out;
  if (!names->is_array()) return out;
  for (const auto& name : *names) {
    if (!name.is_string()) return {};
    out.push_back(name.get<std::string>());
  }
  return out;
}

}  // namespace

struct HubCommands::Call {
  std::string app;
  Method method;
  std::string body;
  std::string content_type;
  std::string id;
  bool once = true;
  policy::LaneContext lane;
};

namespace {

// What one attempt sends; it outlives the exchange.
struct Attempt {
  HeaderList headers;
  std::optional<blocks::LaneHeaders> lane_headers;
  TextSource body;
  LaneTrip trip;
  blocks::Call call;

  explicit Attempt(std::string_view text) : body(text) {}
};

}  // namespace

Task<Reply> HubCommands::execute(Ctx ctx, Command command) {
  const auto data = parse_json(command.payload);
  if (!data || !data->is_object()) {
    co_return rejected(400, "data is an object with the text \"op\"");
  }
  const std::string op = text_of(*data, "op").substr(0, kLongestShown);
  log::info(kScope, "a command of the cloud",
            {{"op", op}, {"id", command.id}, {"issuer", command.issuer}});
  if (op == "lane.assign" && to_.assignments.keys != nullptr) co_return assign_signed(command);
  if (op == "lane.assign") {
    std::string note = "command " + command.id + " of " + command.issuer;
    auto move = parse_move(*data);
    if (!move) co_return rejected(400, move.error().message);
    co_return co_await assign_lane(ctx, std::move(*move), std::move(note));
  }
  const Duration limit = command.expires ? *command.expires - to_.loop.wall_now() : kAppLimit;
  DeadlineScope deadline(to_.loop, ctx, std::clamp(limit, Duration(0), kAppLimit));
  co_return co_await work(deadline.ctx(), &command, &*data);
}

Task<Reply> HubCommands::work(Ctx ctx, const Command* command, const nlohmann::json* data) {
  const std::string op = text_of(*data, "op").substr(0, kLongestShown);
  const std::string store = text_of(*data, "store");
  if (op == "config.refresh") co_return co_await replicas_.refresh(ctx, store);
  if (op == "secret.purge") {
    auto names = names_of(*data);
    if (!names.empty()) co_return co_await replicas_.purge(ctx, store, std::move(names));
    co_return rejected(400, "names is an array of the secrets' names, or \"*\"");
  }
  if (op != "invoke") {
    co_return rejected(501, "the operation \"" + op +
                                "\" is not supported; this hub knows invoke, lane.assign, "
                                "config.refresh and secret.purge");
  }
  auto method = parse_method(text_of(*data, "method"));
  if (!method) co_return rejected(400, method.error().message);
  const auto* body = find_member(*data, "body");
  const bool is_text = body != nullptr && body->is_string();
  Call call{.app = text_of(*data, "app"),
            .method = std::move(*method),
            .body = body_of(*data),
            .content_type = is_text ? "text/plain" : "application/json",
            .id = command->id,
            .once = !command->idempotent};
  if (to_.lanes.active()) call.lane = to_.lanes.decide({.inherited = command->lane.id});
  co_return co_await invoke(ctx, std::move(call));
}

// An app that is not up yet is waited for: commands come as soon as the hub has started.
Task<Reply> HubCommands::invoke(Ctx ctx, Call call) {
  while (true) {
    auto reply = co_await attempt(ctx, &call);
    if (reply) co_return std::move(*reply);
    if (reply.error().code != Code::kUnavailable) co_return failed(reply.error());
    auto paused = co_await sleep_for(to_.loop, ctx, kPause);
    if (!paused) co_return failed(reply.error());
  }
}

Task<Result<Reply>> HubCommands::attempt(Ctx ctx, const Call* call) {
  Attempt made(call->body);
  made.trip.context = call->lane;
  blocks::App* first = to_.apps.first(call->app);
  if (first == nullptr) {
    co_return rejected(
        404, "there is no app \"" + call->app.substr(0, kLongestShown) + "\" on this hub");
  }
  const std::string name_space = first->settings().name_space;
  auto app = blocks::choose_instance({first, nullptr}, name_space, made.trip);
  if (!app) co_return app.error();
  if (!(*app)->callable()) co_return rejected(404, "the app " + call->app + " is not called");
  if (!call->body.empty()) made.headers.add("content-type", call->content_type);
  if (is_plain(call->id)) made.headers.add("x-command-id", call->id);
  if (call->lane.decided()) {
    made.lane_headers.emplace(to_.lanes.snapshot(), call->lane);
    for (const Header& header : made.lane_headers->list()) {
      made.headers.add(header.name, header.value);
    }
  }
  made.call = {.verb = call->method.verb,
               .path = call->method.path,
               .query = call->method.query,
               .headers = &made.headers,
               .body = &made.body,
               .target = call->app,
               .once = call->once};
  auto reply = co_await (*app)->call(ctx, &made.call);
  if (!reply) co_return std::move(reply).error();
  const int status = (*reply)->status();
  auto body = co_await read_all(ctx, &(*reply)->body(), kMostAnswer);
  co_await (*reply)->close();
  if (!body) co_return Error{Code::kInternal, "the app's answer: " + body.error().message};
  if (!is_utf8(*body)) *body = base64_encode(*body);
  co_return Reply{
      .status = status < 400 ? "ok" : "failed", .code = status, .body = std::move(*body)};
}

Status HubCommands::check_lane(const std::string& lane) const {
  if (to_.may_assign == LanesOfCloud::kRefused) {
    return Error{Code::kPermissionDenied,
                 "the cloud may not assign this hub to a lane; its Uplink resource does not say "
                 "assignLanes: true"};
  }
  const auto id = LaneId::parse(lane);
  if (id && (id->is_base() || to_.lanes.table().find(*id) != nullptr)) return {};
  return Error{Code::kNotFound, "there is no lane \"" + lane.substr(0, kLongestShown) +
                                    "\" on this hub; add a resource of kind Lane"};
}

Task<Reply> HubCommands::assign_lane(Ctx ctx, sync::Move move, std::string note) {
  const Status fine = check_lane(move.lane);
  if (!fine) co_return rejected(http_status(fine.error().code), fine.error().message);
  blocks::LaneWish wish{.lane = LaneId::parse(move.lane).value_or(LaneId()),
                        .note = std::move(note)};
  if (move.drain == sync::DrainMode::kRetag) wish.drain = blocks::LaneDrain::kRetag;
  auto changed = co_await to_.lane.assign(ctx, std::move(wish));
  if (!changed) co_return failed(changed.error());
  co_return Reply{.status = "ok", .code = 200, .body = "the hub is in lane " + move.lane};
}

// It is taken up as if it had come as the hub's retained assignment.
Reply HubCommands::assign_signed(const Command& command) {
  auto assignment = sync::read_assignment(to_.assignments, command.payload);
  Status fine = assignment ? check_lane(assignment->lane.id) : Status(assignment.error());
  if (fine) fine = to_.lane.assign(*assignment);
  if (fine) {
    return {.status = "accepted",
            .code = 202,
            .body = "generation " + std::to_string(assignment->lane.gen) +
                    " is being prepared; e1/r/" + to_.assignments.hub + "/lane tells how it goes"};
  }
  log::warn(kScope, "an assignment of the cloud is refused",
            {{"id", command.id}, {"issuer", command.issuer}, {"error", fine.error().message}});
  return rejected(http_status(fine.error().code), fine.error().message);
}

Task<Status> HubCommands::prepare(Ctx, sync::Assignment assignment) {
  co_return check_lane(assignment.lane.id);
}

Task<sync::Move> HubCommands::find_lane(Ctx ctx, sync::LaneState last) {
  return to_.lane.find(ctx, std::move(last));
}

void HubCommands::enter(const sync::EnterLane& change) {
  tasks_.spawn(to_.lane.enter(tasks_.ctx(), change));
}

}  // namespace edge::daemon
