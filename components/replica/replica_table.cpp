#include "components/replica/replica_table.h"

#include <utility>

#include "edge/base/strings.h"
#include "edge/store/rows.h"

namespace edge::replica {
namespace {

// The value stands last, so that looking at the other columns reads no value.
constexpr const char* kCreate =
    "SAVEPOINT make_tables;"
    "CREATE TABLE IF NOT EXISTS replica("
    " name TEXT NOT NULL PRIMARY KEY, scope TEXT NOT NULL, origin TEXT NOT NULL,"
    " revision INTEGER NOT NULL, as_of_ms INTEGER NOT NULL, keys INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS replica_value("
    " id INTEGER PRIMARY KEY, replica TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,"
    " value TEXT NOT NULL, UNIQUE(replica,key)) STRICT;"
    "CREATE TABLE IF NOT EXISTS replica_proven("
    " id INTEGER PRIMARY KEY, replica TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,"
    " value TEXT, UNIQUE(replica,key)) STRICT;"
    "CREATE TABLE IF NOT EXISTS replica_guard("
    " replica TEXT NOT NULL PRIMARY KEY, standing INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    " proven_revision INTEGER NOT NULL, withheld TEXT NOT NULL, reason TEXT NOT NULL,"
    " witnesses TEXT NOT NULL, starts INTEGER NOT NULL, accepted TEXT NOT NULL) STRICT;"
    "RELEASE make_tables";

std::int64_t to_column(std::uint64_t revision) {
  return static_cast<std::int64_t>(revision);
}

std::uint64_t to_revision(std::int64_t column) {
  return column < 0 ? 0 : static_cast<std::uint64_t>(column);
}

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Names of apps, one a line.
std::string to_lines(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(name).push_back('\n');
  return text;
}

std::set<std::string> to_names(std::string_view lines) {
  std::set<std::string> names;
  for (const std::string_view name : split(lines, '\n')) {
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

// "gray/1/7/0", one a line.
std::string to_text(const Issues& issues) {
  std::string text;
  for (const auto& [part, issue] : issues) {
    text.append(part).push_back('/');
    text.append(std::to_string(issue.epoch)).push_back('/');
    text.append(std::to_string(issue.rev)).push_back('/');
    text.append(std::to_string(issue.keys)).push_back('\n');
  }
  return text;
}

Issues to_issues(std::string_view lines) {
  Issues issues;
  for (const std::string_view line : split(lines, '\n')) {
    const auto fields = split(line, '/');
    if (fields.size() < 3) continue;
    const std::string_view keys = fields.size() > 3 ? fields[3] : "";
    issues[std::string(fields[0])] = {parse_unsigned(fields[1]).value_or(0),
                                      parse_unsigned(fields[2]).value_or(0),
                                      parse_unsigned(keys).value_or(0)};
  }
  return issues;
}

Standing to_standing(std::int64_t column) {
  const auto last = static_cast<std::int64_t>(Standing::kRefused);
  return column < 0 || column > last ? Standing::kProven : static_cast<Standing>(column);
}

}  // namespace

Status ReplicaTable::create(store::Db& db) {
  return db.script(kCreate);
}

Result<std::vector<std::string>> ReplicaTable::remove_others(store::Db& db,
                                                             const std::set<std::string>& stores) {
  std::vector<std::string> gone;
  const auto tables = db.integer("SELECT 1 FROM sqlite_master WHERE name='replica_guard'");
  if (!tables) return tables.error();
  if (!*tables) return gone;
  auto read = store::each_row(
      db,
      "SELECT name FROM replica UNION SELECT replica FROM replica_guard"
      " UNION SELECT replica FROM replica_value UNION SELECT replica FROM replica_proven",
      [&](const store::Statement& row) {
        const std::string_view name = row.text(0);
        const std::string store(name.substr(0, name.rfind('/')));
        if (!stores.contains(store)) gone.emplace_back(name);
      });
  for (const std::string& name : gone) {
    if (read) read = ReplicaTable(name, "").clear(db);
  }
  if (!read) return std::move(read).error();
  return gone;
}

Result<Content> ReplicaTable::load(store::Db& db) const {
  const auto other = db.integer("SELECT 1 FROM replica WHERE name=? AND scope<>?", name_, scope_);
  if (!other) return other.error();
  if (*other) {
    if (auto cleared = clear(db); !cleared) return std::move(cleared).error();
  }
  Content content;
  auto read = store::each_row(
      db, "SELECT key,revision,value FROM replica_value WHERE replica=?",
      [&content](const store::Statement& row) {
        content.values[std::string(row.text(0))] = {std::string(row.text(2)),
                                                    to_revision(row.integer(1))};
      },
      name_);
  if (!read) return std::move(read).error();
  auto head = db.query("SELECT origin,revision,as_of_ms,keys FROM replica WHERE name=?", name_);
  if (!head) return std::move(head).error();
  const auto found = head->step();
  if (!found) return found.error();
  if (!*found) return content;
  if (auto guarded = load_guard(db, content); !guarded) return std::move(guarded).error();
  content.cursor = {std::string(head->text(0)), to_revision(head->integer(1))};
  content.as_of = WallTime(std::chrono::milliseconds(head->integer(2)));
  content.complete = std::cmp_equal(head->integer(3), content.values.size());
  return content;
}

Status ReplicaTable::load_guard(store::Db& db, Content& content) const {
  auto row = db.query(
      "SELECT standing,since_ms,proven_revision,withheld,reason,witnesses,starts,accepted"
      " FROM replica_guard WHERE replica=?",
      name_);
  if (!row) return std::move(row).error();
  const auto found = row->step();
  if (!found || !*found) return found ? Status() : Status(found.error());
  content.guard = {.standing = to_standing(row->integer(0)),
                   .since = WallTime(std::chrono::milliseconds(row->integer(1))),
                   .proven_revision = to_revision(row->integer(2)),
                   .withheld = std::string(row->text(3)),
                   .reason = std::string(row->text(4)),
                   .witnesses = to_names(row->text(5)),
                   .starts = static_cast<unsigned>(row->integer(6)),
                   .accepted = to_issues(row->text(7))};
  return store::each_row(
      db, "SELECT key,revision,value FROM replica_proven WHERE replica=?",
      [&content](const store::Statement& kept) {
        std::optional<Value>& value = content.proven[std::string(kept.text(0))];
        if (!kept.is_null(2)) value = {std::string(kept.text(2)), to_revision(kept.integer(1))};
      },
      name_);
}

Status ReplicaTable::write_guard(store::Db& db, const Step& step) const {
  Status done;
  for (const auto& [key, value] : step.kept) {
    const std::optional<std::string_view> text =
        value ? std::optional(std::string_view(value->text)) : std::nullopt;
    if (!done) return done;
    done = db.run(
        "INSERT OR IGNORE INTO replica_proven(replica,key,revision,value)"
        " VALUES(?,?,?,?)",
        name_, key, to_column(value ? value->revision : 0), text);
  }
  if (!done || !step.guard) return done;
  const Guard& guard = *step.guard;
  if (guard.standing == Standing::kProven) {
    done = db.run("DELETE FROM replica_proven WHERE replica=?", name_);
  }
  if (!done) return done;
  return db.run(
      "INSERT OR REPLACE INTO replica_guard(replica,standing,since_ms,proven_revision,withheld,"
      "reason,witnesses,starts,accepted) VALUES(?,?,?,?,?,?,?,?,?)",
      name_, static_cast<std::int64_t>(guard.standing), to_ms(guard.since),
      to_column(guard.proven_revision), guard.withheld, guard.reason, to_lines(guard.witnesses),
      static_cast<std::int64_t>(guard.starts), to_text(guard.accepted));
}

Status ReplicaTable::write(store::Db& db, const Step& step) const {
  Status done = write_guard(db, step);
  for (const Difference& one : step.differences) {
    if (done) done = set(db, one.key, one.after);
  }
  if (done) done = advance(db, step);
  return done;
}

Status ReplicaTable::replace(store::Db& db, const Step& step, const Values& all) const {
  auto done = write(db, step);
  if (!done) return done;
  const auto rows = count(db);
  if (!rows) return rows.error();
  if (*rows == all.size()) return {};
  done = db.run("DELETE FROM replica_value WHERE replica=?", name_);
  for (const auto& [key, value] : all) {
    if (done) done = set(db, key, value);
  }
  return done;
}

Status ReplicaTable::set(store::Db& db, const std::string& key,
                         const std::optional<Value>& value) const {
  if (!value) return db.run("DELETE FROM replica_value WHERE replica=? AND key=?", name_, key);
  return db.run(
      "INSERT INTO replica_value(replica,key,revision,value) VALUES(?,?,?,?)"
      " ON CONFLICT(replica,key) DO UPDATE SET revision=excluded.revision, value=excluded.value",
      name_, key, to_column(value->revision), value->text);
}

Status ReplicaTable::advance(store::Db& db, const Step& step) const {
  return db.run(
      "INSERT INTO replica(name,scope,origin,revision,as_of_ms,keys) VALUES(?,?,?,?,?,?)"
      " ON CONFLICT(name) DO UPDATE SET scope=excluded.scope, origin=excluded.origin,"
      " revision=excluded.revision, as_of_ms=excluded.as_of_ms, keys=excluded.keys",
      name_, scope_, step.cursor.origin, to_column(step.cursor.revision), to_ms(step.as_of),
      step.keys);
}

Status ReplicaTable::clear(store::Db& db) const {
  auto done = db.run("DELETE FROM replica_value WHERE replica=?", name_);
  if (done) done = db.run("DELETE FROM replica_proven WHERE replica=?", name_);
  if (done) done = db.run("DELETE FROM replica_guard WHERE replica=?", name_);
  if (done) done = db.run("DELETE FROM replica WHERE name=?", name_);
  return done;
}

Result<std::size_t> ReplicaTable::count(store::Db& db) const {
  const auto rows = db.integer("SELECT count(*) FROM replica_value WHERE replica=?", name_);
  if (!rows) return rows.error();
  return static_cast<std::size_t>(rows->value_or(0));
}

}  // namespace edge::replica
