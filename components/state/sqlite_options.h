// The fields of state.sqlite and what they mean. Source: wire reference §14.2.
#pragma once

#include <span>
#include <string>

#include "components/fields.h"

namespace edge::state {

struct SqliteOptions {
  std::string connection_string;
  Duration timeout{};
  Duration busy_timeout{};
  bool disable_wal = false;
  std::string table;
  std::string metadata_table;
  Duration cleanup_interval{};

  std::string path;  // from connection_string; ":memory:" for a database in memory
};

std::span<const components::Field<SqliteOptions>> sqlite_fields();

// Errors: kInvalidArgument, naming the field and what is expected.
Result<SqliteOptions> read_sqlite_options(const components::Metadata& metadata);

}  // namespace edge::state
