#include "components/pubsub/sqlite_options.h"

#include <array>
#include <utility>

#include "edge/base/strings.h"

namespace edge::pubsub {
namespace {

using components::Field;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<SqliteOptions>>({
    {{.name = "connectionString",
      .alias = "url",
      .doc = "Path of the database file; `queue.db` in the hub's data folder where absent. Several "
             "components may name the same file."},
     &SqliteOptions::path},
    {{.name = "maxFileSize",
      .fallback = "0",
      .doc =
          "How large the file may become; publishing is refused beyond. 0: 80 % of what the disk "
          "has free."},
     &SqliteOptions::max_file},
    {{.name = "retentionAge",
      .fallback = "168h",
      .doc = "How long a message is kept for apps that have not processed it; an app that has not "
             "subscribed for as long is forgotten."},
     &SqliteOptions::retention_age},
    {{.name = "retentionMessages",
      .fallback = "1000000",
      .doc =
          "How many of a topic's newest messages are kept for apps that have not processed them."},
     &SqliteOptions::retention_messages},
    {{.name = "retentionBytes",
      .fallback = "256Mi",
      .doc =
          "How many bytes of a topic's newest messages are kept for apps that have not processed "
          "them."},
     &SqliteOptions::retention_bytes},
    {{.name = "maxRetries",
      .fallback = "10",
      .doc = "How often a message that fails is delivered again before it goes to the dead letter "
             "topic. Without one it is delivered every `maxRetryInterval` until it is too old, and "
             "what comes after it with the same key, or without one as well, waits for it: name a "
             "`deadLetterTopic`."},
     &SqliteOptions::max_retries},
    {{.name = "retryInterval",
      .fallback = "500ms",
      .doc = "How long to wait before a message that failed is delivered again; each further wait "
             "is twice as long."},
     &SqliteOptions::retry_interval},
    {{.name = "maxRetryInterval", .fallback = "60s", .doc = "The longest of these waits."},
     &SqliteOptions::max_retry_interval},
});

Status check_limits(const SqliteOptions& options) {
  constexpr Duration kShortestAge = std::chrono::seconds(1);
  constexpr Duration kShortestInterval = std::chrono::milliseconds(1);
  if (options.retention_age < kShortestAge)
    return wrong_field("retentionAge", "must be at least 1s");
  if (options.retention_messages < 1) return wrong_field("retentionMessages", "must be at least 1");
  if (options.retention_bytes.count < 1) return wrong_field("retentionBytes", "must be at least 1");
  if (options.max_retries < 0) return wrong_field("maxRetries", "must not be negative");
  if (options.retry_interval < kShortestInterval) {
    return wrong_field("retryInterval", "must be at least 1ms");
  }
  if (options.max_retry_interval < options.retry_interval) {
    return wrong_field("maxRetryInterval", "must be at least retryInterval");
  }
  return {};
}

}  // namespace

std::span<const Field<SqliteOptions>> sqlite_fields() {
  return kFields;
}

Result<SqliteOptions> read_sqlite_options(const components::Metadata& metadata,
                                          const std::string& data_dir) {
  auto options = components::read_fields<SqliteOptions>(kFields, metadata);
  if (!options) return options;
  if (auto possible = check_limits(*options); !possible) return std::move(possible).error();
  options->path = trim(options->path);
  if (options->path.starts_with("file:")) options->path.erase(0, 5);
  if (options->path.empty()) options->path = data_dir + "/queue.db";
  if (options->path.starts_with(":memory:")) {
    return wrong_field("connectionString",
                       "must name a file; pubsub.in-memory is the bus that keeps none");
  }
  return options;
}

}  // namespace edge::pubsub
