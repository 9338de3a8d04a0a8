// edgelane lane: the hub's lanes, which one it is assigned to, and who asked for that.
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::string_view kPath = "/v1.0-edgelane/lane";

constexpr auto kSet = std::to_array<OptionRow>({
    {"note", "TEXT", "", "What the history says about it", 'n'},
    {"drain", "HOW", "keep",
     "Messages that wait for the cloud keep the lane before, or get the new one: keep, retag"},
});

constexpr auto kLimit = std::to_array<OptionRow>({
    {"limit", "N", "20", "How many changes to show, the latest first: 1 to 1000", 'l'},
});

constexpr std::string_view kWho =
    "A hub answers this through its socket admin.sock only: --socket, EDGELANE_SOCKET, or where "
    "an\n"
    "installed hub has it.";

// What a request gave, and how it is to be printed.
struct Told {
  OutputFormat format;
  Json json;
};

Result<Told> ask(const Arguments& arguments, HubRequest request) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  request.timeout = *timeout;
  const auto hub = find_admin_hub(arguments);
  if (!hub) return hub.error();
  const auto answer = send(*hub, request);
  if (!answer) return answer.error();
  if (!answer->is_success()) return refusal(*answer);
  auto json = parse_json(answer->body);
  if (!json) return json.error().within("the hub's answer");
  return Told{*format, std::move(*json)};
}

// As text; "" where it is not there.
std::string text_of(const Json& object, std::string_view name) {
  const Json* member = find_member(object, name);
  if (member == nullptr) return "";
  return member->is_string() ? member->get<std::string>() : dump_json(*member);
}

const Json& member_of(const Json& object, std::string_view name) {
  static const Json nothing;
  const Json* member = find_member(object, name);
  return member == nullptr ? nothing : *member;
}

std::string instances_text(const Json& lane) {
  std::string list;
  for (const Json& item : member_of(lane, "instances")) {
    list += (list.empty() ? "" : ", ") + text_of(item, "app");
    if (const std::string hub = text_of(item, "hub"); !hub.empty()) list += " at " + hub;
    const std::string health = text_of(item, "health");
    if (health == "unhealthy" || health == "starting") list += " (" + health + ")";
  }
  return list.empty() ? "-" : list;
}

std::string counts_text(const Json& list) {
  return text_of(list, "exact") + " exact, " + text_of(list, "prefixes") + " prefixes, " +
         text_of(list, "shares") + " shares";
}

void print_lanes(const Json& told) {
  const std::string assigned = text_of(told, "assigned");
  print_line("The hub is assigned to " + assigned + (assigned == "base" ? ", the baseline." : "."));
  Rows rows = {{"LANE", "MODE", "UPLINK", "EXPIRES", "INSTANCES"}};
  for (const Json& lane : member_of(told, "lanes")) {
    const std::string prefix = text_of(lane, "uplinkPrefix");
    const std::string expires = text_of(lane, "expires");
    const bool is_over = text_of(lane, "expired") == "true";
    rows.push_back({text_of(lane, "lane"), text_of(lane, "mode"), prefix.empty() ? "-" : prefix,
                    expires.empty() ? "-" : expires + (is_over ? " (over)" : ""),
                    instances_text(lane)});
  }
  print("\n" + table_text(rows));
  const Json& rules = member_of(told, "rules");
  const Json& counters = member_of(told, "counters");
  print("\n" + table_text({{"Users", counts_text(member_of(rules, "users"))},
                           {"Devices", counts_text(member_of(rules, "devices"))},
                           {"Fallbacks", text_of(counters, "fallbacks")},
                           {"Refused", text_of(counters, "refused")},
                           {"Unknown lanes", text_of(counters, "unknown")}}));
}

Result<int> show(const Arguments& arguments) {
  const auto told = ask(arguments, {.target = std::string(kPath)});
  if (!told) return told.error();
  if (told->format == OutputFormat::kJson) {
    print_line(dump_json(told->json));
  } else {
    print_lanes(told->json);
  }
  return 0;
}

Result<int> set(const Arguments& arguments) {
  HubRequest request{.verb = "PUT", .target = std::string(kPath)};
  request.headers.emplace_back("content-type", "application/json");
  request.body = dump_json({{"lane", arguments.operands()[0]},
                            {"note", arguments.get("note")},
                            {"drain", arguments.get("drain")}});
  const auto told = ask(arguments, std::move(request));
  if (!told) return told.error();
  if (told->format == OutputFormat::kJson) {
    print_line(dump_json(told->json));
  } else {
    print_line("The hub is assigned to " + text_of(told->json, "lane") + ".");
  }
  return 0;
}

Result<int> history(const Arguments& arguments) {
  const std::string limit(arguments.get("limit"));
  if (!parse_unsigned(limit)) {
    return Error{Code::kInvalidArgument,
                 "--limit is a number from 1 to 1000, not \"" + limit + "\""};
  }
  const auto told = ask(arguments, {.target = std::string(kPath) + "/history?limit=" + limit});
  if (!told) return told.error();
  const Json& changes = member_of(told->json, "changes");
  if (told->format == OutputFormat::kJson) {
    print_line(dump_json(changes));
    return 0;
  }
  Rows rows = {{"CHANGE", "TIME", "FROM", "TO", "NOTE"}};
  for (const Json& change : changes) {
    rows.push_back({text_of(change, "number"), text_of(change, "time"), text_of(change, "before"),
                    text_of(change, "lane"), text_of(change, "note")});
  }
  print(table_text(rows));
  return 0;
}

Result<int> tag(const Arguments& arguments) {
  HubRequest request{.verb = "POST", .target = std::string(kPath) + "/tag"};
  request.body = arguments.operands()[0];
  const auto told = ask(arguments, std::move(request));
  if (!told) return told.error();
  print_line(told->format == OutputFormat::kJson ? dump_json(told->json)
                                                 : text_of(told->json, "tag"));
  return 0;
}

}  // namespace

Command lane_show_command() {
  return {.name = "lane show",
          .operands = "",
          .summary = "Show the hub's lanes, their instances and the lane it is assigned to",
          .options = {hub_options(), output_options()},
          .notes = kWho,
          .run = show};
}

Command lane_set_command() {
  return {.name = "lane set",
          .operands = "LANE",
          .summary = "Assign the hub to a lane for good; base is the baseline",
          .options = {kSet, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWho,
          .run = set};
}

Command lane_history_command() {
  return {.name = "lane history",
          .operands = "",
          .summary = "List the latest changes of the hub's lane",
          .options = {kLimit, hub_options(), output_options()},
          .notes = kWho,
          .run = history};
}

Command lane_tag_command() {
  return {.name = "lane tag",
          .operands = "USER",
          .summary = "Print what stands for a user's id in LaneRules",
          .options = {hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWho,
          .run = tag};
}

}  // namespace edge::cli
