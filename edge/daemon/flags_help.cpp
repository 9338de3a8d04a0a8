#include "edge/base/strings.h"
#include "edge/daemon/flags_table.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 42;  // where the explanation begins

std::string flag_column(const FlagRow& row) {
  std::string out = "  --" + std::string(row.name);
  if (!row.argument.empty()) out += " " + std::string(row.argument);
  if (out.size() + 2 > kColumn) return out + "\n" + std::string(kColumn, ' ');
  return out + std::string(kColumn - out.size(), ' ');
}

std::string explanation(const FlagRow& row) {
  std::string out(row.help);
  const bool is_off = row.fallback.empty() || (row.argument.empty() && row.fallback == "false");
  if (!row.instead.empty()) return out + " (deprecated: use " + std::string(row.instead) + ")";
  if (!is_off) out += " (default " + std::string(row.fallback) + ")";
  return out;
}

// The words of `text` in lines that end at kWidth, all but the first indented.
std::string wrapped(std::string_view text) {
  std::string out;
  std::size_t column = kColumn;
  for (const std::string_view word : split(text, ' ')) {
    if (column > kColumn && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(kColumn, ' ');
      column = kColumn;
    } else if (column > kColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace

std::string help_text(std::string_view program) {
  const std::string name(program);
  std::string out = "Usage: " + name + " [flags]\n\n" + "  " + name +
                    "                      a hub: serves the apps of /etc/edgelane\n" + "  " +
                    name + " --root DIR           the same, everything in one directory\n" + "  " +
                    name + " --app-id ID ...      one app, with daprd's command line\n\n" +
                    "Flags are written --flag value or --flag=value, with one dash or two. LIST is "
                    "one or more\nvalues with commas between; the flag may be repeated.\n";
  for (const FlagGroup& group : flag_groups()) {
    if (group.use == FlagUse::kNever) continue;
    out += "\n" + std::string(group.title) + ":\n";
    for (const FlagRow& row : group.rows)
      out += flag_column(row) + wrapped(explanation(row)) + "\n";
  }
  return out;
}

}  // namespace edge::daemon
