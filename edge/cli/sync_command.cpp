// edgelane sync status, edgelane outbox: the hub's connection to the cloud, and what waits for it.
#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::string_view kWho =
    "A hub answers this through its socket admin.sock only: --socket, EDGELANE_SOCKET, or where "
    "an\n"
    "installed hub has it.";

// As text; "" where it is not there.
std::string text_of(const Json& object, std::string_view name) {
  const Json* member = find_member(object, name);
  if (member == nullptr || member->is_null()) return "";
  return member->is_string() ? member->get<std::string>() : dump_json(*member);
}

const Json& member_of(const Json& object, std::string_view name) {
  static const Json nothing;
  const Json* member = find_member(object, name);
  return member == nullptr ? nothing : *member;
}

std::int64_t number_of(const Json& object, std::string_view name) {
  const auto number = int_member(object, name);
  return number ? number->value_or(0) : 0;
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::int64_t kUnit = 1024;
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 10 * kUnit && unit + 1 < std::size(kUnits)) {
    bytes /= kUnit;
    ++unit;
  }
  return std::to_string(bytes) + " " + std::string(kUnits[unit]);
}

// Prints what `path` answers; `print_text` does it for people.
Result<int> show(const Arguments& arguments, std::string path, void (*print_text)(const Json&)) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  HubRequest request{.target = std::move(path)};
  request.timeout = *timeout;
  const auto hub = find_admin_hub(arguments);
  if (!hub) return hub.error();
  const auto answer = send(*hub, request);
  if (!answer) return answer.error();
  if (!answer->is_success()) return refusal(*answer);
  const auto json = parse_json(answer->body);
  if (!json) return json.error().within("the hub's answer");
  if (*format == OutputFormat::kJson) {
    print_line(answer->body);
  } else if (text_of(*json, "configured") != "true") {
    print_line(
        "This hub has no Uplink: nothing goes to the cloud. docs/sync.md says how to add one.");
  } else {
    print_text(*json);
  }
  return 0;
}

std::string link_text(const Json& told) {
  const std::string error = text_of(told, "lastError");
  const std::string server = text_of(told, "server");
  if (text_of(told, "online") == "true") return "connected to " + server;
  return "not connected to " + server + (error.empty() ? "" : ": " + error);
}

void print_status(const Json& told) {
  print_line("Hub " + text_of(told, "hub") + " is " + link_text(told) + ".");
  const Json& queued = member_of(told, "queued");
  const Json& since = member_of(told, "sinceStart");
  const std::string lane = text_of(told, "lane") + ", generation " + text_of(told, "generation") +
                           ", " + text_of(told, "phase");
  print("\n" + table_text({{"Waiting", text_of(queued, "messages") + " messages, " +
                                           bytes_text(number_of(queued, "bytes"))},
                           {"Gaps to tell", text_of(told, "gaps")},
                           {"Cloud's lane", lane},
                           {"Epoch", text_of(told, "epoch")},
                           {"Commands known", text_of(told, "commands")}}));
  print("\nSince the start\n" + table_text({{"Accepted", text_of(since, "accepted")},
                                            {"Refused", text_of(since, "refused")},
                                            {"Acknowledged", text_of(since, "acknowledged")},
                                            {"Given up", text_of(since, "givenUp")},
                                            {"By the baseline", text_of(since, "unclaimed")},
                                            {"Not at first", text_of(since, "returned")},
                                            {"Commands", text_of(since, "commands")},
                                            {"Connections", text_of(since, "connections")}}));
}

std::string age_text(const Json& one) {
  if (text_of(one, "oldestSeconds").empty()) return "-";
  return short_age(std::chrono::seconds(number_of(one, "oldestSeconds")));
}

std::string lanes_text(const Json& one) {
  std::string list;
  for (const Json& share : member_of(one, "lanes")) {
    list += (list.empty() ? "" : ", ") + text_of(share, "lane") + " " + text_of(share, "messages") +
            " (" + bytes_text(number_of(share, "bytes")) + ")";
  }
  if (list.empty()) return "-";
  return text_of(one, "lanesOfAll") == "true" ? list : list + " of the oldest";
}

void print_outbox(const Json& told) {
  Rows rows = {{"CLASS", "MESSAGES", "BYTES", "OLDEST", "ROOM", "WHEN FULL", "LANES"}};
  for (const Json& one : member_of(told, "classes")) {
    rows.push_back({text_of(one, "class"), text_of(one, "messages"),
                    bytes_text(number_of(one, "bytes")), age_text(one),
                    text_of(one, "maxMessages") + ", " + bytes_text(number_of(one, "maxBytes")),
                    text_of(one, "onFull"), lanes_text(one)});
  }
  print(table_text(rows));
  print_line("\nThe hub is " + link_text(told) + ".");
}

Result<int> run_status(const Arguments& arguments) {
  return show(arguments, "/v1.0-edgelane/sync", print_status);
}

Result<int> run_outbox(const Arguments& arguments) {
  return show(arguments, "/v1.0-edgelane/outbox", print_outbox);
}

}  // namespace

Command sync_status_command() {
  return {.name = "sync status",
          .operands = "",
          .summary = "Show the hub's connection to the cloud",
          .options = {hub_options(), output_options()},
          .notes = kWho,
          .run = run_status};
}

Command outbox_command() {
  return {.name = "outbox",
          .operands = "",
          .summary = "Show the messages that wait for the cloud",
          .options = {hub_options(), output_options()},
          .notes = kWho,
          .run = run_outbox};
}

}  // namespace edge::cli
