// What --help prints, from the table of commands.
#include "edge/base/wrap.h"
#include "edge/cli/commands.h"

namespace edge::cli {
namespace {

constexpr std::size_t kColumn = 30;  // where the explanation begins
constexpr Columns kColumns = {.first = kColumn, .end = 100};

std::string row(std::string left, std::string_view text) {
  if (left.size() + 2 > kColumn) {
    left += "\n" + std::string(kColumn, ' ');
  } else {
    left.resize(kColumn, ' ');
  }
  return left + wrap_words(text, kColumns) + "\n";
}

std::string option_line(const OptionRow& option) {
  std::string left = "  ";
  left += option.letter == '\0' ? "    " : std::string("-") + option.letter + ", ";
  left += "--" + std::string(option.name);
  if (!option.argument.empty()) left += " " + std::string(option.argument);
  std::string text(option.help);
  if (!option.fallback.empty()) text += " (" + std::string(option.fallback) + ")";
  return row(std::move(left), text);
}

constexpr std::string_view kOverviewEnd =
    "\nThe hub is looked for at --address or --socket, else at EDGELANE_HTTP or DAPR_HTTP_PORT, "
    "else at\n127.0.0.1:3500. Where it asks for a token, that is taken from DAPR_API_TOKEN.\n"
    "\nExit code: 0 done, 1 refused or failed, 2 wrong command line, 3 no hub answers; of run: the "
    "app's.\n"
    "edgelane COMMAND --help tells more.\n";

}  // namespace

std::string overview_text(std::string_view prefix) {
  std::string out = "Usage: edgelane " + (prefix.empty() ? "COMMAND" : std::string(prefix)) +
                    (prefix.empty() ? " [options]" : " COMMAND [options]") + "\n\n";
  for (const Command& command : commands()) {
    if (!prefix.empty() && !command.name.starts_with(std::string(prefix) + " ")) continue;
    std::string left = "  " + std::string(command.name);
    if (!command.operands.empty()) left += " " + std::string(command.operands);
    out += row(std::move(left), command.summary);
  }
  return out + std::string(kOverviewEnd);
}

std::string help_text(const Command& command) {
  std::string out = "Usage: edgelane " + std::string(command.name) + " [options]";
  if (!command.operands.empty()) out += " " + std::string(command.operands);
  out += "\n\n" + std::string(command.summary) + ".\n\nOptions:\n";
  for (const auto& group : command.options) {
    for (const OptionRow& option : group) out += option_line(option);
  }
  out += option_line(*command.find("help"));
  if (!command.notes.empty()) out += "\n" + std::string(command.notes) + "\n";
  return out;
}

}  // namespace edge::cli
