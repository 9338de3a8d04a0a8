#include "components/configuration/revision_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "edge/store/rows.h"

namespace edge::configuration {
namespace {

// `until` of a value that holds still.
constexpr std::int64_t kCurrent = std::numeric_limits<std::int64_t>::max();

// A row of config_value held from the revision `since` to before the revision `until`. The value
// stands last, so that looking at the other columns reads no value.
constexpr const char* kCreate =
    "SAVEPOINT make_tables;"
    "CREATE TABLE IF NOT EXISTS config_store("
    " name TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, oldest INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS config_revision("
    " store TEXT NOT NULL, number INTEGER NOT NULL, time_ms INTEGER NOT NULL, note TEXT NOT NULL,"
    " PRIMARY KEY(store,number)) STRICT;"
    "CREATE TABLE IF NOT EXISTS config_value("
    " id INTEGER PRIMARY KEY, store TEXT NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL,"
    " until INTEGER NOT NULL, bytes INTEGER NOT NULL, value TEXT NOT NULL,"
    " UNIQUE(store,key,until)) STRICT;"
    "CREATE INDEX IF NOT EXISTS config_value_until ON config_value(store,until,bytes);"
    "CREATE INDEX IF NOT EXISTS config_value_since ON config_value(store,since);"
    "RELEASE make_tables";

// The newest revision that has to go: beyond the number that is kept, or beyond the bytes.
constexpr std::string_view kFirstToGo =
    "SELECT max("
    " ifnull((SELECT number FROM config_revision WHERE store=?1"
    "  ORDER BY number DESC LIMIT 1 OFFSET ?2),0),"
    " ifnull((SELECT max(until) FROM (SELECT until, sum(sum(bytes)) OVER (ORDER BY until DESC)"
    "  AS total FROM config_value WHERE store=?1 AND until<?3 GROUP BY until) WHERE total>?4),0))";

std::int64_t to_column(std::uint64_t revision) {
  return static_cast<std::int64_t>(revision);
}

std::uint64_t to_revision(std::int64_t column) {
  return column < 0 ? 0 : static_cast<std::uint64_t>(column);
}

}  // namespace

Status RevisionTable::create(store::Db& db) {
  return db.script(kCreate);
}

Result<StoreContent> RevisionTable::load(store::Db& db) const {
  StoreContent content;
  // The greatest of all that the file knows of, should a part of it have been lost.
  const auto newest = db.integer(
      "SELECT max(ifnull((SELECT revision FROM config_store WHERE name=?1),0),"
      " ifnull((SELECT max(number) FROM config_revision WHERE store=?1),0),"
      " ifnull((SELECT max(until) FROM config_value WHERE store=?1 AND until<?2),0))",
      store_, kCurrent);
  if (!newest) return newest.error();
  content.revision = to_revision(newest->value_or(0));
  auto read = store::each_row(
      db, "SELECT key,since,value FROM config_value WHERE store=? AND until=?",
      [&content](const store::Statement& row) {
        const std::uint64_t since = to_revision(row.integer(1));
        content.revision = std::max(content.revision, since);
        content.values[std::string(row.text(0))] = {std::string(row.text(2)), since};
      },
      store_, kCurrent);
  if (!read) return std::move(read).error();
  return content;
}

Status RevisionTable::write(store::Db& db, const NewRevision& revision,
                            const Retention& kept) const {
  auto done = advance(db, revision);
  for (const Change& one : revision.changes) {
    if (done) done = change(db, revision, one);
  }
  if (done) done = prune(db, kept);
  return done;
}

Status RevisionTable::advance(store::Db& db, const NewRevision& revision) const {
  auto done = db.run(
      "INSERT INTO config_store(name,revision,oldest) VALUES(?1,?2,0) ON CONFLICT(name)"
      " DO UPDATE SET revision=excluded.revision WHERE revision<excluded.revision",
      store_, to_column(revision.number));
  if (!done) return done;
  if (db.changes() != 1) {
    return Error{Code::kAborted, "the file has revision " + std::to_string(revision.number) +
                                     " of " + store_ +
                                     " already: something else writes it; restart the hub"};
  }
  const auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(revision.time.time_since_epoch());
  return db.run("INSERT INTO config_revision(store,number,time_ms,note) VALUES(?,?,?,?)", store_,
                to_column(revision.number), time.count(), revision.note);
}

Status RevisionTable::change(store::Db& db, const NewRevision& revision,
                             const Change& change) const {
  auto done = db.run("UPDATE config_value SET until=?1 WHERE store=?2 AND key=?3 AND until=?4",
                     to_column(revision.number), store_, change.key, kCurrent);
  if (!done || !change.value) return done;
  return db.run("INSERT INTO config_value(store,key,since,until,bytes,value) VALUES(?,?,?,?,?,?)",
                store_, change.key, to_column(revision.number), kCurrent, change.value->size(),
                *change.value);
}

Status RevisionTable::prune(store::Db& db, const Retention& kept) const {
  const auto found = db.integer(kFirstToGo, store_, kept.revisions, kCurrent, kept.bytes);
  if (!found) return found.error();
  const std::int64_t last = found->value_or(0);
  if (last == 0) return {};
  auto done = db.run("DELETE FROM config_value WHERE store=? AND until<=?", store_, last);
  if (done) done = db.run("DELETE FROM config_revision WHERE store=? AND number<=?", store_, last);
  if (done) done = db.run("UPDATE config_store SET oldest=? WHERE name=?", last, store_);
  return done;
}

Result<std::vector<PastRevision>> RevisionTable::history(store::Db& db, std::size_t limit,
                                                         std::size_t limit_bytes) const {
  std::vector<PastRevision> past;
  auto read = store::each_row(
      db,
      "SELECT number,time_ms,note FROM config_revision WHERE store=? ORDER BY number DESC"
      " LIMIT ?",
      [&past](const store::Statement& row) {
        past.push_back({.number = to_revision(row.integer(0)),
                        .time = WallTime(std::chrono::milliseconds(row.integer(1))),
                        .note = std::string(row.text(2)),
                        .differences = {}});
      },
      store_, limit);
  if (!read) return std::move(read).error();
  std::size_t bytes = 0;
  for (auto revision = past.begin(); revision != past.end(); ++revision) {
    auto found = differences(db, revision->number);
    if (!found) return std::move(found).error();
    for (const Difference& one : *found) {
      bytes += (one.before ? one.before->size() : 0) + (one.after ? one.after->size() : 0);
    }
    if (bytes > limit_bytes && revision != past.begin()) {
      past.erase(revision, past.end());
      break;
    }
    revision->differences = std::move(*found);
  }
  return past;
}

Result<std::vector<Difference>> RevisionTable::differences(store::Db& db,
                                                           std::uint64_t revision) const {
  std::map<std::string, Difference> found;
  const auto take = [&found](std::optional<std::string> Difference::* side) {
    return [&found, side](const store::Statement& row) {
      found[std::string(row.text(0))].*side = std::string(row.text(1));
    };
  };
  auto read = store::each_row(db, "SELECT key,value FROM config_value WHERE store=? AND until=?",
                              take(&Difference::before), store_, to_column(revision));
  if (!read) return std::move(read).error();
  read = store::each_row(db, "SELECT key,value FROM config_value WHERE store=? AND since=?",
                         take(&Difference::after), store_, to_column(revision));
  if (!read) return std::move(read).error();
  std::vector<Difference> all;
  for (auto& [key, difference] : found) {
    difference.key = key;
    all.push_back(std::move(difference));
  }
  return all;
}

Status RevisionTable::check_kept(store::Db& db, std::uint64_t revision) const {
  const auto oldest = db.integer("SELECT oldest FROM config_store WHERE name=?", store_);
  if (!oldest) return oldest.error();
  const std::uint64_t first = to_revision(oldest->value_or(0));
  if (revision < first) {
    return Error{Code::kOutOfRange, "revision " + std::to_string(revision) +
                                        " is no longer kept; the oldest is " +
                                        std::to_string(first)};
  }
  if (revision == first) return {};
  const auto known = db.integer("SELECT 1 FROM config_revision WHERE store=? AND number=?", store_,
                                to_column(revision));
  if (!known) return known.error();
  if (*known) return {};
  return Error{Code::kNotFound, "there is no revision " + std::to_string(revision)};
}

Result<StoredValues> RevisionTable::values_at(store::Db& db, std::uint64_t revision) const {
  if (auto kept = check_kept(db, revision); !kept) return std::move(kept).error();
  StoredValues values;
  auto read = store::each_row(
      db, "SELECT key,since,value FROM config_value WHERE store=?1 AND since<=?2 AND until>?2",
      [&values](const store::Statement& row) {
        values[std::string(row.text(0))] = {std::string(row.text(2)), to_revision(row.integer(1))};
      },
      store_, to_column(revision));
  if (!read) return std::move(read).error();
  return values;
}

}  // namespace edge::configuration
