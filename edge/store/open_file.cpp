#include "edge/store/open_file.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "edge/store/concat.h"
#include "edge/store/files.h"
#include "edge/store/salvage.h"

namespace edge::store {
namespace {

std::string marker_of(const std::string& path) {
  return path + ".damaged";
}
std::string unchecked_of(const std::string& path) {
  return path + ".unchecked";
}
std::string successor_of(const std::string& path) {
  return path + ".rescued";
}

// The smaller of what was asked for and 80 % of what the disk has: a log beside a database that
// fills the disk cannot even be emptied. Source: sync reference §0 finding 4.
std::int64_t quota(const std::string& path, std::int64_t wanted) {
  const std::int64_t left = free_bytes(path);
  if (left < 0) return wanted;
  const std::int64_t possible = file_bytes(path) + left / 10 * 8;
  return wanted > 0 ? std::min(wanted, possible) : possible;
}

Result<Db> open_plain(const std::string& path, const OpenOptions& options, Creation creation) {
  return Db::open(path, {.access = Access::kReadWrite,
                         .journal = options.journal,
                         .creation = creation,
                         .busy_timeout = options.busy_timeout,
                         .quota_bytes = quota(path, options.quota_bytes)});
}

Status run_schema(Db& db, const OpenOptions& options) {
  return options.schema ? options.schema(db) : Status();
}

Result<Db> open_checked(const std::string& path, const OpenOptions& options, OpenReport& report) {
  if (is_marked_damaged(path)) {
    return Error{Code::kDataLoss, "damage was met before"};
  }
  auto db = open_plain(path, options, Creation::kUnsynced);
  if (!db) return db;
  const bool large = file_bytes(path) > options.check_limit_bytes;
  report.check_due = (report.unclean && large) || file_exists(unchecked_of(path));
  if (report.unclean && !large) {
    if (auto sound = check(*db); !sound) return std::move(sound).error();
  }
  auto done = run_schema(*db, options);
  // In either case: closing the file writes it in place, and that waits for the disk.
  auto ended = db->end_creation();
  if (!done) return std::move(done).error();
  if (!ended) return std::move(ended).error();
  return db;
}

std::string bad_prefix(const std::string& path) {
  return path + ".bad-";
}

// "hub.db.bad-20260821T201209Z": the log's name follows from it, so it can still be opened.
std::string bad_name(const std::string& path, WallTime now) {
  std::string time = to_rfc3339(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  time.insert(0, bad_prefix(path));
  std::string name = time;
  for (int attempt = 2; file_exists(name); ++attempt) {
    name = concat(time, ".", attempt);
  }
  return name;
}

// Of what was set aside earlier only the last is kept: each takes as much space as the database.
Status remove_old_set_aside(const std::string& path) {
  std::map<std::string, std::vector<std::string>> all;  // a database's files by its name
  for (auto& file : files_with_prefix(bad_prefix(path))) {
    std::string database = file;
    for (const auto suffix : kSidecars) {
      if (database.ends_with(suffix)) database.resize(database.size() - suffix.size());
    }
    all[database].push_back(std::move(file));
  }
  if (!all.empty()) all.erase(std::prev(all.end()));
  for (const auto& [database, files] : all) {
    for (const auto& file : files) {
      if (auto removed = remove_file(file); !removed) return removed;
    }
  }
  return {};
}

// The log goes first: a crash in between leaves a database without its log, never a log beside a
// database that it does not belong to.
Status set_aside(const std::string& path, const std::string& bad) {
  for (const auto suffix : kSidecars) {
    const std::string from = path + std::string(suffix);
    if (!file_exists(from)) continue;
    if (auto moved = replace_file(from, bad + std::string(suffix)); !moved) return moved;
  }
  return replace_file(path, bad);
}

// 1 is left to those who kept a flag before there was a number.
Status give_number(Db& db) {
  const auto number = db.integer("SELECT abs(random() % 2147483645) + 2");
  if (!number) return number.error();
  return db.script(concat("PRAGMA application_id=", number->value_or(2)));
}

// Writes what can be read of `path` into a new database under `draft`.
Status rescue(const std::string& path, const std::string& draft, const OpenOptions& options,
              OpenReport& report) {
  if (auto removed = remove_database(draft); !removed) return removed;
  auto db = open_plain(draft, options, Creation::kSynced);
  if (!db) return std::move(db).error();
  if (auto done = run_schema(*db, options); !done) return done;
  auto salvaged = salvage(path, *db, options.progress);
  if (!salvaged) return std::move(salvaged).error();
  report.salvaged = std::move(*salvaged);
  if (auto numbered = give_number(*db); !numbered) return numbered;
  return db->checkpoint(Db::Checkpoint::kTruncate);
}

// From the successor that is complete to the end. Repeated by finish_replacement after a crash.
Status put_in_place(const std::string& path, const std::string& bad) {
  auto done = file_exists(path) ? set_aside(path, bad) : Status();
  if (done) done = replace_file(successor_of(path), path);
  if (done) done = remove_file(marker_of(path));
  return done;
}

// The mark comes first: without its log, which is set aside before it, the damaged file may look
// sound. It stays in place until its successor is complete, so that a crash before only repeats the
// work.
Status rescue_and_replace(const std::string& path, const OpenOptions& options, OpenReport& report) {
  auto done = mark_damaged(path);
  if (done) done = remove_old_set_aside(path);
  if (!done) return done;
  const std::string draft = path + ".draft";
  done = rescue(path, draft, options, report);
  if (!done) static_cast<void>(remove_database(draft));  // it takes space
  if (done) done = replace_file(draft, successor_of(path));
  report.set_aside = bad_name(path, options.now);
  return done ? put_in_place(path, report.set_aside) : done;
}

Result<Db> replace_damaged(const std::string& path, const OpenOptions& options,
                           OpenReport& report) {
  auto done = rescue_and_replace(path, options, report);
  if (!done) return std::move(done).error().within("replace damaged " + path);
  auto db = open_plain(path, options, Creation::kSynced);
  if (!db) return db;
  // Again: it may also define what belongs to the connection.
  if (done = run_schema(*db, options); !done) return std::move(done).error();
  return db;
}

// What a power cut may leave of a new file before Db::sync: nothing is lost with it. Its log, if
// any, goes when the file is made again.
Result<Db> open_or_start_afresh(const std::string& path, const OpenOptions& options,
                                OpenReport& report) {
  auto db = open_checked(path, options, report);
  const bool stillborn =
      !db && db.error().code == Code::kDataLoss && is_blank(path) && !is_marked_damaged(path);
  if (!stillborn) return db;
  report.unclean = true;
  if (auto removed = remove_file(path); !removed) return std::move(removed).error();
  return open_checked(path, options, report);
}

// After a crash between the successor's completion and the end. Where the damaged file is still
// there its log may be gone already, so it is not read again. Without a mark it is another file.
Status finish_replacement(const std::string& path, const OpenOptions& options, OpenReport& report) {
  const bool there = file_exists(path);
  if (!file_exists(successor_of(path)) || (there && !is_marked_damaged(path))) return {};
  if (there) report.set_aside = bad_name(path, options.now);
  report.damage = "a crash came between its rescue and the end of that";
  return put_in_place(path, report.set_aside);
}

}  // namespace

Result<Opened> open_file(const std::string& path, const OpenOptions& options) {
  OpenReport report;
  if (auto finished = finish_replacement(path, options, report); !finished) {
    return std::move(finished).error();
  }
  report.unclean = std::ranges::any_of(
      kSidecars, [&](std::string_view suffix) { return file_exists(path + std::string(suffix)); });
  auto db = open_or_start_afresh(path, options, report);
  if (!db && db.error().code == Code::kDataLoss) {
    report.damage = db.error().message;
    db = replace_damaged(path, options, report);
  }
  if (!db) return std::move(db).error();
  return Opened{std::move(*db), std::move(report)};
}

Result<std::int64_t> salvage_number(Db& db) {
  const auto number = db.integer("PRAGMA application_id");
  if (!number) return number.error();
  return number->value_or(0);
}

Status check(Db& db) {
  auto statement = db.query("PRAGMA quick_check(1)");
  if (!statement) return std::move(statement).error();
  const auto row = statement->step();
  if (!row) return row.error();
  if (!*row || statement->text(0) == "ok") return {};
  return Error{Code::kDataLoss, std::string(statement->text(0))};
}

Status note_unchecked(const std::string& path) {
  return create_marker(unchecked_of(path));
}

Status forget_unchecked(const std::string& path) {
  return remove_file(unchecked_of(path));
}

Status mark_damaged(const std::string& path) {
  return create_marker(marker_of(path));
}

bool is_marked_damaged(const std::string& path) noexcept {
  return file_exists(marker_of(path));
}

// quota() gives the new file four fifths of what is free; its log comes on top.
bool has_room_to_salvage(const std::string& path) noexcept {
  const std::int64_t left = free_bytes(path);
  return left < 0 || left / 13 * 10 >= file_bytes(path) + file_bytes(path + "-wal");
}

}  // namespace edge::store
