// edgelane secret: the secrets that the hub keeps, for who administers it.
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/hub_client.h"
#include "edge/cli/output.h"
#include "edge/cli/secret_input.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kStore = std::to_array<OptionRow>({
    {"store", "NAME", "secretstore", "The secret store", 's'},
});

constexpr auto kSet = std::to_array<OptionRow>({
    {"file", "FILE", "", "The value is the file's content as it is; - for standard input", 'f'},
    {"from-json", "FILE", "",
     "Several values, from a JSON object of texts in a file; - for standard input"},
});

constexpr auto kGet = std::to_array<OptionRow>({
    {"key", "KEY", "", "One of several values", 'k'},
});

constexpr std::string_view kWhere =
    "The hub answers this at its own socket only: --socket, EDGELANE_SOCKET, or where an installed "
    "hub\nhas it. A daprd answers at its port, from this machine.";

std::string path_of(const Arguments& arguments) {
  return "/v1.0-edgelane/secrets/" + encode_segment(arguments.get("store"));
}

std::string path_of_secret(const Arguments& arguments) {
  return path_of(arguments) + "/" + encode_segment(arguments.operands()[0]);
}

// Sends, and takes everything but success for an error.
Result<HubAnswer> exchange(const Arguments& arguments, HubRequest request) {
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  request.timeout = *timeout;
  const auto hub = find_admin_hub(arguments);
  if (!hub) return hub.error();
  auto answer = send(*hub, request);
  if (!answer) return answer.error();
  if (answer->is_success()) return answer;
  return refusal(*answer);
}

Result<Json> exchange_json(const Arguments& arguments, HubRequest request) {
  const auto answer = exchange(arguments, std::move(request));
  if (!answer) return answer.error();
  auto told = parse_json(answer->body);
  if (!told) return told.error().within("the hub's answer");
  return told;
}

std::string text_member(const Json& item, std::string_view name) {
  const Json* member = find_member(item, name);
  if (member == nullptr) return "";
  return member->is_string() ? member->get<std::string>() : dump_json(*member);
}

// What PUT takes.
Result<Json> values_of(const Arguments& arguments) {
  const std::string_view json = arguments.get("from-json");
  const std::string_view file = arguments.get("file");
  if (!json.empty() && !file.empty()) {
    return Error{Code::kInvalidArgument, "--file and --from-json exclude each other; leave one"};
  }
  if (json.empty() && file.empty() && arguments.operands()[0].contains('=')) {
    return Error{Code::kInvalidArgument,
                 "write the name only; the value is read from standard input"};
  }
  if (json.empty()) {
    const auto value = read_secret_value(file);
    if (!value) return value.error();
    return Json{{"value", *value}};
  }
  const auto text = read_secret_file(json);
  if (!text) return text.error();
  auto values = parse_json(*text);
  if (!values) return Error{Code::kInvalidArgument, "--from-json: " + values.error().message};
  return Json{{"values", std::move(*values)}};
}

Result<int> set(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto body = values_of(arguments);
  if (!body) return body.error();
  HubRequest request{.verb = "PUT", .target = path_of_secret(arguments)};
  request.headers.emplace_back("content-type", "application/json");
  request.body = dump_json(*body);
  const auto told = exchange_json(arguments, std::move(request));
  if (!told) return told.error();
  if (*format == OutputFormat::kJson) print_line(dump_json(*told));
  return 0;
}

// One value as it is; several as a table.
Result<int> print_values(const Json& values, const std::string& key) {
  if (!key.empty()) {
    const auto value = values.find(key);
    if (value == values.end() || !value->is_string()) {
      return Error{Code::kNotFound, "the secret has no value \"" + key + "\""};
    }
    print_line(value->get<std::string>());
    return 0;
  }
  if (values.size() == 1 && values.begin()->is_string()) {
    print_line(values.begin()->get<std::string>());
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"KEY", "VALUE"}};
  for (const auto& [name, value] : values.items())
    rows.push_back({name, text_member(values, name)});
  print(table_text(rows));
  return 0;
}

Result<int> get(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto told = exchange_json(arguments, {.target = path_of_secret(arguments)});
  if (!told) return told.error();
  const Json* values = find_member(*told, "values");
  if (values == nullptr || !values->is_object()) {
    return Error{Code::kUnknown, "the hub's answer has no values"};
  }
  if (*format == OutputFormat::kText) {
    return print_values(*values, std::string(arguments.get("key")));
  }
  print_line(dump_json(*told));
  return 0;
}

Result<int> list(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto told = exchange_json(arguments, {.target = path_of(arguments)});
  if (!told) return told.error();
  if (*format == OutputFormat::kJson) {
    print_line(dump_json(*told));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"NAME", "VERSION", "CHANGED"}};
  const Json* secrets = find_member(*told, "secrets");
  for (const Json& item : secrets == nullptr ? Json::array() : *secrets) {
    rows.push_back(
        {text_member(item, "name"), text_member(item, "version"), text_member(item, "changed")});
  }
  print(table_text(rows));
  return 0;
}

Result<int> remove(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto answer = exchange(arguments, {.verb = "DELETE", .target = path_of_secret(arguments)});
  if (!answer) return answer.error();
  if (*format == OutputFormat::kJson) {
    print_line(dump_json({{"name", arguments.operands()[0]}}));
  }
  return 0;
}

Result<int> rotate(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  HubRequest request{.verb = "POST", .target = path_of(arguments) + "/rotate-key"};
  const auto told = exchange_json(arguments, std::move(request));
  if (!told) return told.error();
  if (*format == OutputFormat::kJson) {
    print_line(dump_json(*told));
    return 0;
  }
  print_line(text_member(*told, "secrets") + " secrets are sealed under the key " +
             text_member(*told, "keyId"));
  return 0;
}

}  // namespace

Command secret_set_command() {
  return {.name = "secret set",
          .operands = "NAME",
          .summary = "Keep a secret: its value is asked for, or read from standard input or a file",
          .options = {kStore, kSet, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWhere,
          .run = set};
}

Command secret_get_command() {
  return {.name = "secret get",
          .operands = "NAME",
          .summary = "Print a secret; exit code 1 where there is none",
          .options = {kStore, kGet, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWhere,
          .run = get};
}

Command secret_list_command() {
  return {.name = "secret list",
          .operands = "",
          .summary = "Print the names of the secrets, without their values",
          .options = {kStore, hub_options(), output_options()},
          .notes = kWhere,
          .run = list};
}

Command secret_delete_command() {
  return {.name = "secret delete",
          .operands = "NAME",
          .summary = "Forget a secret",
          .options = {kStore, hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWhere,
          .run = remove};
}

Command secret_rotate_key_command() {
  return {.name = "secret rotate-key",
          .operands = "",
          .summary = "Seal every secret under a new key",
          .options = {kStore, hub_options(), output_options()},
          .notes = kWhere,
          .run = rotate};
}

}  // namespace edge::cli
