// edgelane config get, history, watch: what a hub's configuration is, was and becomes.
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/commands.h"
#include "edge/cli/config_hub.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr auto kLimit = std::to_array<OptionRow>({
    {"limit", "N", "20", "How many of the latest revisions", 'l'},
});

// What a command that reads asks for.
struct Asked {
  ConfigHub hub;
  OutputFormat format;
};

Result<Asked> ask(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  auto hub = ConfigHub::find(arguments);
  if (!hub) return hub.error();
  return Asked{std::move(*hub), *format};
}

// An object's member; an empty object where there is none.
const Json& object_of(const Json& object, std::string_view name) {
  static const Json none = Json::object();
  const Json* member = find_member(object, name);
  return member != nullptr && member->is_object() ? *member : none;
}

std::string text_of(const Json& object, std::string_view name) {
  const auto text = string_member(object, name);
  return text ? text->value_or("") : "";
}

std::string revision_of(const Json& object) {
  const auto number = int_member(object, "revision");
  return number && *number ? std::to_string(**number) : "?";
}

void print_items(const Json& items) {
  Rows rows = {{"KEY", "VERSION", "VALUE"}};
  for (const auto& [key, item] : items.items()) {
    rows.push_back({key, text_of(item, "version"), text_of(item, "value")});
  }
  print(table_text(rows));
}

Result<int> get(const Arguments& arguments) {
  const auto asked = ask(arguments);
  if (!asked) return asked.error();
  const auto& keys = arguments.operands();
  const auto answer = asked->hub.get(key_query(keys));
  if (!answer) return answer.error();
  const auto found = parse_json(answer->body);
  if (!found) return found.error().within("the hub's answer");
  const Json& items = object_of(*found, "items");
  if (asked->format == OutputFormat::kJson) {
    print_line(answer->body);
  } else if (keys.size() == 1 && items.contains(keys[0])) {
    print_line(text_of(items[keys[0]], "value"));
  } else if (keys.empty() || !items.empty()) {
    print_items(items);
  }
  for (const std::string& key : keys) {
    if (!items.contains(key)) return Error{Code::kNotFound, "there is no key \"" + key + "\""};
  }
  return 0;
}

// "a: 1 -> 2", "b: 2, deleted", "c: 3, new"
std::string change_text(const std::string& key, const Json& change) {
  const Json* before = find_member(change, "before");
  const Json* after = find_member(change, "after");
  if (after == nullptr) return key + " deleted";
  const std::string value = text_of(change, "after");
  return before == nullptr ? key + " = " + value
                           : key + ": " + text_of(change, "before") + " -> " + value;
}

std::string changes_text(const Json& changes) {
  constexpr std::size_t kShown = 3;
  constexpr std::size_t kLongest = 60;
  std::string out;
  std::size_t count = 0;
  for (const auto& [key, change] : changes.items()) {
    if (++count > kShown) continue;
    std::string one = change_text(key, change);
    if (one.size() > kLongest) one = one.substr(0, kLongest) + "...";
    out += (out.empty() ? "" : "; ") + one;
  }
  return count > kShown ? out + "; and " + std::to_string(count - kShown) + " more" : out;
}

// Of a store that takes its revisions over: what each layer serves.
void print_generations(const Json& generations) {
  Rows rows = {{"LAYER", "REVISION", "STATUS", "SERVED", "SINCE", "NOTE"}};
  for (const Json& one : generations) {
    const auto revision = int_member(one, "rev");
    const auto served = int_member(one, "served");
    rows.push_back({text_of(one, "layer"), revision ? std::to_string(revision->value_or(0)) : "?",
                    text_of(one, "status"), served ? std::to_string(served->value_or(0)) : "?",
                    text_of(one, "since"), text_of(one, "detail")});
  }
  print(table_text(rows));
}

Result<int> history(const Arguments& arguments) {
  const auto asked = ask(arguments);
  if (!asked) return asked.error();
  const auto answer = asked->hub.get("/history?limit=" + std::string(arguments.get("limit")));
  if (!answer) return answer.error();
  if (asked->format == OutputFormat::kJson) {
    print_line(answer->body);
    return 0;
  }
  const auto past = parse_json(answer->body);
  if (!past) return past.error().within("the hub's answer");
  if (const Json* generations = find_member(*past, "generations")) {
    print_generations(*generations);
    return 0;
  }
  Rows rows = {{"REVISION", "TIME", "NOTE", "CHANGES"}};
  const Json* revisions = find_member(*past, "revisions");
  if (revisions == nullptr) return 0;
  for (const Json& one : *revisions) {
    rows.push_back({revision_of(one), text_of(one, "time"), text_of(one, "note"),
                    changes_text(object_of(one, "changes"))});
  }
  print(table_text(rows));
  return 0;
}

void print_update(std::string_view line) {
  const auto update = parse_json(line);
  if (!update) return;
  const std::string revision = revision_of(*update);
  if (find_member(*update, "items") == nullptr) {
    print("at revision " + revision + "\n");
    return;
  }
  for (const auto& [key, item] : object_of(*update, "items").items()) {
    const bool deleted = text_of(item, "version").empty() && text_of(item, "value").empty();
    print(table_text(
        {{revision, deleted ? key + " deleted" : key + " = " + text_of(item, "value")}}));
  }
}

Result<int> watch(const Arguments& arguments) {
  const auto asked = ask(arguments);
  if (!asked) return asked.error();
  const bool as_json = asked->format == OutputFormat::kJson;
  const auto show = [as_json](std::string_view line) {
    if (as_json) {
      print_line(line);
    } else {
      print_update(line);
    }
    flush_output();
  };
  const auto watched = asked->hub.stream("/watch" + key_query(arguments.operands()), show);
  if (!watched) return watched.error();
  return Error{Code::kUnavailable, "the hub has ended the watch: it stops, or the store is gone"};
}

}  // namespace

Command config_get_command() {
  return {.name = "config get",
          .operands = "[KEY...]",
          .summary = "Print the hub's configuration; exit code 1 where a key is missing",
          .options = {config_store_options(), hub_options(), output_options()},
          .most = SIZE_MAX,
          .notes = "The value of one key is printed by itself.",
          .run = get};
}

Command config_history_command() {
  return {.name = "config history",
          .operands = "",
          .summary = "List the latest revisions and what they changed",
          .options = {kLimit, config_store_options(), hub_options(), output_options()},
          .notes = "Of a store that is filled from the cloud: what each of its layers serves.",
          .run = history};
}

Command config_watch_command() {
  return {.name = "config watch",
          .operands = "[KEY...]",
          .summary = "Print changes as they come, until Ctrl-C",
          .options = {config_store_options(), hub_options(), output_options()},
          .most = SIZE_MAX,
          .notes = "Without --timeout it goes on for any time.",
          .run = watch};
}

}  // namespace edge::cli
