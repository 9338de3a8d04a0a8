#include "edge/base/log.h"
#include "edge/store/open_file.h"

namespace edge::store {
namespace {

constexpr std::string_view kLogScope = "edge.store";

}  // namespace

void log_report(const OpenReport& report, const std::string& path) {
  if (!report.standby.empty()) {
    log::error(kLogScope, "a database is only read: what would write is refused",
               {{"file", path}, {"reason", report.standby}});
  }
  if (report.unclean) log::info(kLogScope, "the last stop was not orderly", {{"file", path}});
  if (report.damage.empty()) return;
  log::error(kLogScope, "database was damaged and has been set aside",
             {{"file", path}, {"damage", report.damage}, {"set_aside", report.set_aside}});
  for (const auto& table : report.salvaged) {
    log::warn(kLogScope, "salvaged",
              {{"file", path},
               {"table", table.name},
               {"rows", std::to_string(table.rows)},
               {"gaps", std::to_string(table.gaps)}});
  }
}

}  // namespace edge::store
