// Structured log: one line for each event, as text or JSON, to standard output.
//
// One sink for the process, set once at start; any thread may write. Field values are quoted so
// that a line stays a line whatever stands in them. Secrets are never passed as fields.
// Source: the line format is daprd's (wire reference §13.6).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError, kFatal };
enum class Format : std::uint8_t { kText, kJson };

struct Field {
  std::string_view key;
  std::string value;
};

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::string app_id;    // "" omits the field: a hub serves many apps
  std::string instance;  // host name
  std::string file;      // also append here; "" for standard output alone
};

// Errors: kInvalidArgument for an unknown name; the known ones are listed in the message.
Result<Level> parse_level(std::string_view name);

// Errors: the file cannot be opened for appending.
Status configure(Options options);
// Opens the file by its name again: logrotate has moved the old one away. Errors: as configure;
// then it goes on into the old one.
Status reopen();

[[nodiscard]] bool enabled(Level level) noexcept;

// `scope` names the part that speaks ("edge.http", "dapr.runtime").
void write(Level level, std::string_view scope, std::string_view message,
           std::initializer_list<Field> fields = {});

inline void debug(std::string_view scope, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kDebug)) write(Level::kDebug, scope, message, fields);
}
inline void info(std::string_view scope, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, scope, message, fields);
}
inline void warn(std::string_view scope, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, scope, message, fields);
}
inline void error(std::string_view scope, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  write(Level::kError, scope, message, fields);
}

// A line as an observer sees it, whatever the format of the log.
struct Record {
  Level level;
  std::string_view app;   // the app that it is about; "" for none
  std::string_view json;  // one line, without its end
};

// Has every line shown to `observer` as well: on the thread that writes it, one at a time. It must
// not log. nullptr: to nobody any more.
void observe(std::function<void(const Record&)> observer);

// "info". Source: wire reference §13.6.
std::string_view level_name(Level level) noexcept;

// Tests read what was written; pass nullptr to return to standard output.
void capture(std::function<void(std::string_view line)> sink);

}  // namespace edge::log
