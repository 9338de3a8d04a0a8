// Opens a database file that may have been left by a crash, and goes on when it is damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/store/db.h"

namespace edge::store {

struct OpenOptions {
  Journal journal = Journal::kWal;
  Duration busy_timeout = std::chrono::seconds(2);
  // Limit of the file's size; besides, it never takes more than 80 % of what the disk has free.
  std::int64_t quota_bytes = 0;
  // Files up to this size are checked before use after an unclean stop; larger ones while they are
  // used, so that the start is not held up.
  std::int64_t check_limit_bytes = 32 << 20;
  // Names the set-aside file.
  WallTime now;
  // Creates or migrates the tables. Its kDataLoss counts as damage.
  std::function<Status(Db&)> schema;
  // Called now and then while a salvage goes on, on the thread that opens the file.
  std::function<void()> progress;
};

struct SalvagedTable {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t gaps = 0;  // places where rows could not be read, and rows that make no sense
};

// What happened; see log_report.
struct OpenReport {
  bool unclean = false;    // the last stop was a crash or a power cut
  bool check_due = false;  // too big to check at once: see Checker
  std::string damage;      // what was found; "" for a sound file
  std::string set_aside;   // where the damaged file is now
  std::vector<SalvagedTable> salvaged;
  std::string standby;  // why the file is only read; "" for one that is written
};

struct Opened {
  Db db;
  OpenReport report;
};

// A file whose last connection closed in order has no log beside it; one that has was left by a
// crash and is checked. A damaged file is renamed to "<path>.bad-<UTC time>" with its log, and what
// can be read of it is copied into a new one with the tables of `schema`: that takes free space of
// about 1.25 times the file's size, and minutes where the file is large. The one set aside before
// stays, older ones are removed. A new file is made without waiting for the disk: call Db::sync
// before anything is answered from it, as Writer does. What a power cut leaves of it before that is
// made afresh, and is not damage. Errors: those of Db::open and of `schema`; never kDataLoss.
Result<Opened> open_file(const std::string& path, const OpenOptions& options);

// Tells the log what was found at `path`.
void log_report(const OpenReport& report, const std::string& path);

// Reads the whole file. Errors: kDataLoss when it is damaged.
Status check(Db& db);
// Has each open_file say `check_due` until it is forgotten.
Status note_unchecked(const std::string& path);
Status forget_unchecked(const std::string& path);

// 0 for a file that no salvage made; each salvage gives its file a number of its own, at least 2.
// Who keeps a sum over rows keeps it with this number: where that is another, rows may be missing.
Result<std::int64_t> salvage_number(Db& db);

// Has the next open_file treat the file as damaged, whatever its check says.
Status mark_damaged(const std::string& path);
[[nodiscard]] bool is_marked_damaged(const std::string& path) noexcept;
// Whether the disk has the space that a salvage takes at most.
[[nodiscard]] bool has_room_to_salvage(const std::string& path) noexcept;

}  // namespace edge::store
