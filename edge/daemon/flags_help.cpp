#include "edge/base/wrap.h"
#include "edge/daemon/flags_table.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kColumn = 42;  // where the explanation begins
constexpr Columns kColumns = {.first = kColumn, .end = 100};

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
      out += flag_column(row) + wrap_words(explanation(row), kColumns) + "\n";
  }
  return out;
}

}  // namespace edge::daemon
