// edgelane config set, delete, import, rollback: each one revision, applied as a whole.
#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/cli/commands.h"
#include "edge/cli/config_hub.h"
#include "edge/cli/input.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;

// Sends `body` and tells which revision it became.
Result<int> edit(const Arguments& arguments, std::string_view rest, const Json& body) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  const auto hub = ConfigHub::find(arguments);
  if (!hub) return hub.error();
  const auto answer = hub->post(rest, body);
  if (!answer) return answer.error();
  if (*format == OutputFormat::kJson) {
    print_line(answer->body);
    return 0;
  }
  const auto written = parse_json(answer->body);
  if (!written) return written.error().within("the hub's answer");
  const auto revision = int_member(*written, "revision");
  const auto changed = int_member(*written, "changed");
  const auto number = revision ? revision->value_or(0) : 0;
  const auto count = changed ? changed->value_or(0) : 0;
  const std::string keys = count == 1 ? " key changed\n" : " keys changed\n";
  print(count == 0 ? "nothing changed; revision " + std::to_string(number) + "\n"
                   : "revision " + std::to_string(number) + ": " + std::to_string(count) + keys);
  return 0;
}

Result<int> write(const Arguments& arguments, Json items) {
  return edit(arguments, "", {{"items", std::move(items)}, {"note", arguments.get("note")}});
}

Result<int> set(const Arguments& arguments) {
  Json items = Json::object();
  for (const std::string& word : arguments.operands()) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kInvalidArgument, "expected KEY=VALUE, got \"" + word + "\""};
    }
    items[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return write(arguments, std::move(items));
}

Result<int> remove(const Arguments& arguments) {
  Json items = Json::object();
  for (const std::string& key : arguments.operands()) items[key] = nullptr;
  return write(arguments, std::move(items));
}

// Errors: kInvalidArgument, naming the member.
Status check_import(const std::string& file, const Json& items) {
  if (!items.is_object()) {
    return Error{Code::kInvalidArgument, file + ": expected a JSON object of keys and values"};
  }
  for (const auto& [key, value] : items.items()) {
    if (value.is_string() || value.is_null()) continue;
    return Error{Code::kInvalidArgument,
                 file + ": member \"" + key + "\" is " + value.type_name() +
                     "; a value is a text (or null, to delete the key): write it in quotes"};
  }
  return {};
}

Result<int> import(const Arguments& arguments) {
  const std::string& file = arguments.operands()[0];
  const auto text = read_input("", file);
  if (!text) return text.error();
  auto items = parse_json(*text);
  if (!items) return items.error().within(file);
  if (const auto possible = check_import(file, *items); !possible) return possible.error();
  return write(arguments, std::move(*items));
}

Result<int> rollback(const Arguments& arguments) {
  const std::string& word = arguments.operands()[0];
  const auto revision = parse_unsigned(word);
  if (!revision) {
    return Error{Code::kInvalidArgument, "a revision is a number, not \"" + word +
                                             "\"; edgelane config history lists them"};
  }
  return edit(arguments, "/rollback", {{"revision", *revision}});
}

std::vector<std::span<const OptionRow>> write_options() {
  return {config_note_options(), config_store_options(), hub_options(), output_options()};
}

constexpr std::string_view kWho =
    "A hub is changed through its socket admin.sock (--socket, EDGELANE_SOCKET),\na daprd through "
    "its port.";

}  // namespace

Command config_set_command() {
  return {.name = "config set",
          .operands = "KEY=VALUE...",
          .summary = "Set keys of the hub's configuration, all in one revision",
          .options = write_options(),
          .fewest = 1,
          .most = SIZE_MAX,
          .notes = kWho,
          .run = set};
}

Command config_delete_command() {
  return {.name = "config delete",
          .operands = "KEY...",
          .summary = "Delete keys, all in one revision",
          .options = write_options(),
          .fewest = 1,
          .most = SIZE_MAX,
          .notes = kWho,
          .run = remove};
}

Command config_import_command() {
  return {.name = "config import",
          .operands = "FILE",
          .summary = "Set the keys of a JSON object of texts, all in one revision; - for stdin",
          .options = write_options(),
          .fewest = 1,
          .most = 1,
          .notes = kWho,
          .run = import};
}

Command config_rollback_command() {
  return {.name = "config rollback",
          .operands = "REVISION",
          .summary = "Bring back the values of a revision, as a new one",
          .options = {config_store_options(), hub_options(), output_options()},
          .fewest = 1,
          .most = 1,
          .notes = kWho,
          .run = rollback};
}

}  // namespace edge::cli
