#include "edge/store/standby.h"

#include <utility>

#include "edge/store/concat.h"

namespace edge::store {

Result<Db> open_standby(const std::string& path, const std::function<Status(Db&)>& schema,
                        RunSchema when) {
  const bool exists = file_bytes(path) > 0;
  const Access access = !exists                         ? Access::kReadWrite
                        : file_bytes(path + "-wal") > 0 ? Access::kReadOnly
                                                        : Access::kImmutable;
  auto db = Db::open(exists ? path : ":memory:", {.access = access});
  if (!db) return db;
  if (schema && (when == RunSchema::kAlways || !exists)) {
    if (auto done = schema(*db); !done) return std::move(done).error();
  }
  if (auto done = db->script("PRAGMA query_only=ON"); !done) return std::move(done).error();
  return db;
}

Result<Opened> open_or_stand_by(const std::string& path, const OpenOptions& options,
                                Ballast& ballast) {
  auto file = open_file(path, options);
  if (!file && ballast.release_if_disk_full()) file = open_file(path, options);
  if (file) return file;
  const bool full = file.error().code == Code::kResourceExhausted;
  const std::string trouble = disk_trouble(path);
  if (trouble.empty() && !full) return file;
  auto db = open_standby(path, options.schema, RunSchema::kAlways);
  if (!db) return file;
  OpenReport report;
  report.standby = trouble.empty() ? file.error().message : trouble;
  return Opened{std::move(*db), std::move(report)};
}

}  // namespace edge::store
