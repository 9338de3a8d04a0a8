#include "components/state/sqlite_options.h"

#include <array>
#include <utility>

#include "edge/base/strings.h"

namespace edge::state {
namespace {

using components::Field;
using components::Need;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<SqliteOptions>>({
    {{.name = "connectionString",
      .alias = "url",
      .doc = "Path of the database file, a `file:` URI, or `:memory:`.",
      .need = Need::kRequired},
     &SqliteOptions::connection_string},
    {{.name = "timeout",
      .alias = "timeoutInSeconds",
      .fallback = "20s",
      .doc = "How long one operation may take; at least 1s."},
     &SqliteOptions::timeout},
    {{.name = "busyTimeout",
      .fallback = "2s",
      .doc = "How long to wait for another process that has locked the file."},
     &SqliteOptions::busy_timeout},
    {{.name = "disableWAL",
      .fallback = "false",
      .doc = "Use a rollback journal instead of a write-ahead log: for network disks."},
     &SqliteOptions::disable_wal},
    {{.name = "tableName", .fallback = "state", .doc = "Table that holds the state."},
     &SqliteOptions::table},
    {{.name = "metadataTableName",
      .fallback = "metadata",
      .doc = "Table that holds the schema's version and the time of the last cleanup."},
     &SqliteOptions::metadata_table},
    {{.name = "cleanupInterval",
      .alias = "cleanupIntervalInSeconds",
      .fallback = "0",
      .doc = "How often rows that have expired are removed; 0 or less: never."},
     &SqliteOptions::cleanup_interval},
});

bool is_identifier(std::string_view name) noexcept {
  for (const char c : name) {
    const char lower = ascii_lower(c);
    if ((lower < 'a' || lower > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return !name.empty();
}

// Options of the URI that would contradict what the store promises.
Status check_option(std::string_view option) {
  constexpr std::string_view kPragma = "_pragma=";
  for (const std::string_view pragma : {"busy_timeout", "journal_mode", "foreign_keys"}) {
    const bool is_pragma = starts_with_ignoring_case(option, kPragma);
    if (is_pragma && starts_with_ignoring_case(option.substr(kPragma.size()), pragma)) {
      return wrong_field("connectionString",
                         "has the forbidden option '_pragma=" + std::string(pragma) + "'");
    }
  }
  if (equals_ignoring_case(option, "mode=ro") || equals_ignoring_case(option, "immutable=1")) {
    return wrong_field("connectionString", "opens the file read-only, and a state store writes");
  }
  return {};
}

Status check_query(std::string_view query) {
  for (const auto option : split(query, '&')) {
    if (auto allowed = check_option(option); !allowed) return allowed;
  }
  return {};
}

// "file:data.db?cache=shared", "data.db?...", "file::memory:", ":memory:".
Result<std::string> path_of(std::string_view connection) {
  const auto mark = connection.find('?');
  const auto query = mark == std::string_view::npos ? "" : connection.substr(mark + 1);
  if (auto allowed = check_query(query); !allowed) return std::move(allowed).error();
  std::string_view name = connection.substr(0, mark);
  const bool uri = starts_with_ignoring_case(name, "file:");
  if (uri) name.remove_prefix(5);
  if (starts_with_ignoring_case(name, ":memory:") ||
      query.find("mode=memory") != std::string::npos) {
    return std::string(":memory:");
  }
  if (uri && name.starts_with("///")) name.remove_prefix(2);
  auto path = uri ? percent_decode(name, PlusSign::kIsPlus) : std::string(name);
  if (!path || path->empty()) return wrong_field("connectionString", "names no file");
  return std::move(*path);
}

}  // namespace

std::span<const Field<SqliteOptions>> sqlite_fields() {
  return kFields;
}

Result<SqliteOptions> read_sqlite_options(const components::Metadata& metadata) {
  auto options = components::read_fields<SqliteOptions>(kFields, metadata);
  if (!options) return options;
  if (options->timeout < std::chrono::seconds(1)) {
    return wrong_field("timeout",
                       "must be at least 1s, not \"" + format_duration(options->timeout) + "\"");
  }
  if (!is_identifier(options->table)) {
    return wrong_field("tableName",
                       "may hold letters, digits and '_' only, not \"" + options->table + "\"");
  }
  if (!is_identifier(options->metadata_table)) {
    return wrong_field("metadataTableName", "may hold letters, digits and '_' only, not \"" +
                                                options->metadata_table + "\"");
  }
  auto path = path_of(trim(options->connection_string));
  if (!path) return std::move(path).error();
  options->path = std::move(*path);
  return options;
}

}  // namespace edge::state
