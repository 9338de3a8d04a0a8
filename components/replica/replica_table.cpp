#include "components/replica/replica_table.h"

#include <utility>

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

}  // namespace

Status ReplicaTable::create(store::Db& db) {
  return db.script(kCreate);
}

Result<Content> ReplicaTable::load(store::Db& db) const {
  const auto other = db.integer("SELECT 1 FROM replica WHERE name=? AND scope<>?", name_, scope_);
  if (!other) return other.error();
  if (*other) {
    if (auto cleared = clear(db); !cleared) return std::move(cleared).error();
  }
  Content content;
  auto rows = db.query("SELECT key,revision,value FROM replica_value WHERE replica=?", name_);
  while (rows) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) break;
    content.values[std::string(rows->text(0))] = {std::string(rows->text(2)),
                                                  to_revision(rows->integer(1))};
  }
  if (!rows) return std::move(rows).error();
  auto head = db.query("SELECT origin,revision,as_of_ms,keys FROM replica WHERE name=?", name_);
  if (!head) return std::move(head).error();
  const auto found = head->step();
  if (!found) return found.error();
  if (!*found) return content;
  content.cursor = {std::string(head->text(0)), to_revision(head->integer(1))};
  content.as_of = WallTime(std::chrono::milliseconds(head->integer(2)));
  content.complete = std::cmp_equal(head->integer(3), content.values.size());
  return content;
}

Status ReplicaTable::write(store::Db& db, const Step& step) const {
  Status done;
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
  done = clear(db);
  for (const auto& [key, value] : all) {
    if (done) done = set(db, key, value);
  }
  if (done) done = advance(db, step);
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
  if (done) done = db.run("DELETE FROM replica WHERE name=?", name_);
  return done;
}

Result<std::size_t> ReplicaTable::count(store::Db& db) const {
  const auto rows = db.integer("SELECT count(*) FROM replica_value WHERE replica=?", name_);
  if (!rows) return rows.error();
  return static_cast<std::size_t>(rows->value_or(0));
}

}  // namespace edge::replica
