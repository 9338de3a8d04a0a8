// The fields of pubsub.sqlite and what they mean.
#pragma once

#include <span>
#include <string>

#include "components/fields.h"

namespace edge::pubsub {

struct SqliteOptions {
  std::string path;
  components::Bytes max_file;
  Duration retention_age{};
  std::int64_t retention_messages = 0;
  components::Bytes retention_bytes;
  std::int64_t max_retries = 0;
  Duration retry_interval{};
  Duration max_retry_interval{};
};

std::span<const components::Field<SqliteOptions>> sqlite_fields();

// `data_dir` is where the file is when no path is given.
// Errors: kInvalidArgument, naming the field and what is expected.
Result<SqliteOptions> read_sqlite_options(const components::Metadata& metadata,
                                          const std::string& data_dir);

}  // namespace edge::pubsub
