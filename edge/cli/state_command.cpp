// edgelane state: an app's state in a store of the hub.
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/hub_status.h"
#include "edge/cli/input.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kStore = std::to_array<OptionRow>({
    {"store", "NAME", "", "The state store; statestore, or the hub's only one, where not named",
     's'},
    {"app-id", "ID", "", "The app, started by \"edgelane run\", whose state it is", 'a'},
});

constexpr auto kSet = std::to_array<OptionRow>({
    {"data-file", "FILE", "", "The value from a file; - for standard input", 'f'},
    {"string", "", "", "The value is text, also where it looks like JSON"},
    {"etag", "ETAG", "", "Only if the value is still this one; state get --output json shows it"},
    {"first-write", "", "", "Only if there is no value yet"},
    {"ttl", "SECONDS", "", "Forget the value after so long"},
});

constexpr auto kDelete = std::to_array<OptionRow>({
    {"etag", "ETAG", "", "Only if the value is still this one"},
});

constexpr std::string_view kWhose =
    "Keys are an app's own: of --app-id, of the app whose --socket or DAPR_API_TOKEN is used, else "
    "of\nthe hub's default app.";

constexpr ComponentKind kStores = {.prefix = "state.",
                                   .one = "state store",
                                   .many = "state stores",
                                   .option = "--store",
                                   .example = "state.sqlite",
                                   .usual = "statestore"};

// A daprd does not tell its stores, nor does a port that only an app's calls come to.
Result<std::string> store_of(const Arguments& arguments, const HubAddress& hub, Duration timeout) {
  if (arguments.has("store")) return std::string(arguments.get("store"));
  auto only = only_component(hub, timeout, kStores);
  if (only) return only;
  const Code code = only.error().code;
  const bool is_untold = code == Code::kUnimplemented || code == Code::kUnauthenticated ||
                         code == Code::kPermissionDenied;
  if (is_untold) return std::string(kStores.usual);
  return only;
}

// Sends to a path in the store, and takes everything but success for an error.
Result<HubAnswer> exchange(const Arguments& arguments, HubRequest request) {
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  request.timeout = *timeout;
  const std::string_view app_id = arguments.get("app-id");
  const auto hub = app_id.empty() ? find_hub(arguments) : find_hub_of(arguments, app_id);
  if (!hub) return hub.error();
  const auto store = store_of(arguments, *hub, *timeout);
  if (!store) return store.error();
  request.target.insert(0, "/v1.0/state/" + encode_segment(*store));
  auto answer = send(*hub, request);
  if (!answer) return answer.error();
  if (answer->is_success()) return answer;
  Error error = refusal(*answer);
  if (answer->status == 409) error.message += "; read the value again and retry with its etag";
  return error;
}

HubRequest json_request(std::string target, const Json& body) {
  HubRequest request{.verb = "POST", .target = std::move(target)};
  request.headers.emplace_back("content-type", "application/json");
  request.body = dump_json(body);
  return request;
}

// The JSON that a text is, else the text.
Json to_value(const std::string& text) {
  auto parsed = parse_json(text);
  return parsed ? std::move(*parsed) : Json(text);
}

Result<int> get(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const std::string& key = arguments.operands()[0];
  const auto answer = exchange(arguments, {.target = "/" + encode_segment(key)});
  if (!answer) return answer.error();
  if (answer->status == 204) {
    return Error{Code::kNotFound, "no value under \"" + key + "\" in this app's state"};
  }
  if (*format == OutputFormat::kText) {
    print_line(answer->body);
    return 0;
  }
  print_line(dump_json(
      {{"key", key}, {"data", to_value(answer->body)}, {"etag", answer->header("etag")}}));
  return 0;
}

Result<Json> value_of(const Arguments& arguments) {
  const auto& operands = arguments.operands();
  const std::string text = operands.size() > 1 ? operands[1] : "";
  if (operands.size() < 2 && !arguments.has("data-file")) {
    return Error{Code::kInvalidArgument,
                 "the value is missing: write it after the key, or name a --data-file"};
  }
  const auto input = read_input(text, arguments.get("data-file"));
  if (!input) return input.error();
  return arguments.is_on("string") ? Json(*input) : to_value(*input);
}

// What a command that prints nothing says to a program.
void print_done(const Arguments& arguments, OutputFormat format) {
  if (format == OutputFormat::kJson) print_line(dump_json({{"key", arguments.operands()[0]}}));
}

Result<int> set(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  auto value = value_of(arguments);
  if (!value) return value.error();
  Json item = {{"key", arguments.operands()[0]}, {"value", std::move(*value)}};
  if (arguments.has("etag")) item["etag"] = arguments.get("etag");
  if (arguments.is_on("first-write")) item["options"]["concurrency"] = "first-write";
  if (arguments.has("ttl")) item["metadata"]["ttlInSeconds"] = arguments.get("ttl");
  const auto answer = exchange(arguments, json_request("", Json::array({std::move(item)})));
  if (!answer) return answer.error();
  print_done(arguments, *format);
  return 0;
}

Result<int> remove(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  HubRequest request{.verb = "DELETE"};
  request.target = "/" + encode_segment(arguments.operands()[0]);
  if (arguments.has("etag")) request.headers.emplace_back("if-match", arguments.get("etag"));
  const auto answer = exchange(arguments, std::move(request));
  if (!answer) return answer.error();
  print_done(arguments, *format);
  return 0;
}

std::string text_member(const Json& item, std::string_view name) {
  const Json* member = find_member(item, name);
  if (member == nullptr) return "";
  return member->is_string() ? member->get<std::string>() : dump_json(*member);
}

std::string bulk_text(const Json& items) {
  std::vector<std::vector<std::string>> rows = {{"KEY", "ETAG", "VALUE"}};
  for (const Json& item : items) {
    const Json* data = find_member(item, "data");
    const std::string error = text_member(item, "error");
    const std::string missing = error.empty() ? "-" : "(" + error + ")";
    rows.push_back({text_member(item, "key"), text_member(item, "etag"),
                    data == nullptr ? missing : dump_json(*data)});
  }
  return table_text(rows);
}

Result<int> bulk(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto answer = exchange(arguments, json_request("/bulk", {{"keys", arguments.operands()}}));
  if (!answer) return answer.error();
  const auto items = parse_json(answer->body);
  if (!items) return items.error().within("the hub's answer");
  print(*format == OutputFormat::kText ? bulk_text(*items) : dump_json(*items) + "\n");
  return 0;
}

}  // namespace

Command state_get_command() {
  return {.name = "state get",
          .operands = "KEY",
          .summary = "Print a value; exit code 1 where there is none",
          .options = {kStore, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWhose,
          .run = get};
}

Command state_set_command() {
  return {.name = "state set",
          .operands = "KEY [VALUE]",
          .summary = "Keep a value: JSON, or text where it is no JSON",
          .options = {kStore, kSet, hub_options(), output_options()},
          .fewest = 1,
          .most = 2,
          .notes = kWhose,
          .run = set};
}

Command state_delete_command() {
  return {.name = "state delete",
          .operands = "KEY",
          .summary = "Forget a value",
          .options = {kStore, kDelete, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWhose,
          .run = remove};
}

Command state_bulk_command() {
  return {.name = "state bulk",
          .operands = "KEY...",
          .summary = "Print several values",
          .options = {kStore, hub_options(), output_options()},
          .fewest = 1,
          .most = SIZE_MAX,
          .notes = kWhose,
          .run = bulk};
}

}  // namespace edge::cli
