#include "edge/cli/commands.h"

#include <cstdio>

#include "edge/base/strings.h"

namespace edge::cli {
namespace {

struct Found {
  const Command* command = nullptr;
  std::size_t words = 0;  // that its name takes
};

// A name is one word, or two where the first is a group ("state").
Found find_command(std::span<const std::string> words) {
  if (words.empty()) return {};
  for (const Command& command : commands()) {
    if (command.name == words[0]) return {&command, 1};
    if (words.size() > 1 && command.name == words[0] + " " + words[1]) return {&command, 2};
  }
  return {};
}

bool is_group(std::string_view word) {
  for (const Command& command : commands()) {
    if (command.name.starts_with(std::string(word) + " ")) return true;
  }
  return false;
}

bool asks_for_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-help" || word == "-h";
}

int fail(const Error& error) {
  std::fprintf(stderr, "edgelane: %s\n", error.message.c_str());
  return exit_code(error);
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

// For words that name no command.
int explain(std::span<const std::string> words) {
  if (words.empty()) {
    std::fputs(overview_text().c_str(), stderr);
    return 2;
  }
  if (is_group(words[0])) {
    if (words.size() > 1 && asks_for_help(words[1])) return print(overview_text(words[0]));
    std::fputs(overview_text(words[0]).c_str(), stderr);
    return 2;
  }
  return fail({Code::kInvalidArgument,
               "unknown command \"" + words[0] + "\"; edgelane --help lists the commands"});
}

// The words of "edgelane help WORDS".
int help(std::span<const std::string> words) {
  if (words.empty()) return print(overview_text());
  const Found found = find_command(words);
  if (found.command != nullptr) return print(help_text(*found.command));
  return is_group(words[0]) ? print(overview_text(words[0])) : explain(words);
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      run_command(),
      list_command(),
      invoke_command(),
      publish_command(),
      subscribe_command(),
      state_get_command(),
      state_set_command(),
      state_bulk_command(),
      state_delete_command(),
      secret_set_command(),
      secret_get_command(),
      secret_list_command(),
      secret_delete_command(),
      secret_rotate_key_command(),
      config_get_command(),
      config_set_command(),
      config_delete_command(),
      config_import_command(),
      config_history_command(),
      config_rollback_command(),
      config_watch_command(),
      lane_show_command(),
      lane_set_command(),
      lane_history_command(),
      lane_tag_command(),
      sync_status_command(),
      outbox_command(),
      status_command(),
      top_command(),
      logs_command(),
      version_command(),
      completion_command(),
  };
  return table;
}

int dispatch(std::span<const std::string> words) {
  if (!words.empty() && asks_for_help(words[0])) return help(words.subspan(1));
  if (!words.empty() && words[0] == "--version") {
    const std::vector<std::string> version = {"version"};
    return dispatch(version);
  }
  const Found found = find_command(words);
  if (found.command == nullptr) return explain(words);
  const auto arguments = parse_arguments(*found.command, words.subspan(found.words));
  if (!arguments) return fail(arguments.error());
  if (arguments->wants_help()) return print(help_text(*found.command));
  const auto code = found.command->run(*arguments);
  return code ? *code : fail(code.error());
}

}  // namespace edge::cli
