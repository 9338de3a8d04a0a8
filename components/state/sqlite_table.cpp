#include "components/state/sqlite_table.h"

#include <algorithm>
#include <utility>

#include "components/state/common.h"
#include "edge/base/strings.h"

namespace edge::state {
namespace {

// What Dapr's later schema computes a generated column with: the key up to its last "||".
std::string parse_key_prefix(std::string_view key) {
  const auto at = key.rfind("||");
  return at == std::string_view::npos ? std::string() : std::string(key.substr(0, at + 2));
}

constexpr std::string_view kLive = "(expiration_time IS NULL OR expiration_time>?)";
constexpr std::string_view kInPrefix =
    " WHERE key>=?1 AND key<?2 AND instr(substr(key,length(?1)+1),'||')=0";

std::string create_sql(const std::string& table, const std::string& metadata_table) {
  return "SAVEPOINT make_tables;"
         "CREATE TABLE IF NOT EXISTS " +
         metadata_table +
         "(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
         "CREATE TABLE IF NOT EXISTS " +
         table +
         "(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN NOT NULL,"
         " etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL,"
         " update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);"
         "INSERT OR IGNORE INTO " +
         metadata_table +
         " VALUES('migrations','1');"
         "RELEASE make_tables";
}

std::string put_sql(const std::string& table, std::string_view condition) {
  return "INSERT INTO " + table +
         "(key,value,is_binary,etag,expiration_time,update_time) VALUES(?1,?2,?3,?4,?5,?6)"
         " ON CONFLICT(key) DO UPDATE SET value=excluded.value,is_binary=excluded.is_binary,"
         "etag=excluded.etag,expiration_time=excluded.expiration_time,"
         "update_time=excluded.update_time" +
         std::string(condition);
}

// Every key with the prefix is below it: "||" ends the prefix, and '}' follows '|'.
std::string end_of_prefix(const std::string& prefix) {
  return prefix.substr(0, prefix.size() - 1) + "}";
}

Result<Item> item_of(const store::Statement& row, const std::string& key) {
  Item item;
  item.key = key;
  if (row.integer(1) != 0) {
    item.kind = ValueKind::kBytes;
    item.value = base64_decode(row.text(0));
    if (!item.value) return Error{Code::kDataLoss, "the stored value is not base64"};
  } else {
    item.value = std::string(row.text(0));
  }
  item.etag = row.text(2);
  if (!row.is_null(3)) item.metadata["ttlExpireTime"] = to_rfc3339(row.text(3));
  return item;
}

}  // namespace

SqliteTable::SqliteTable(const std::string& table, const std::string& metadata_table)
    : table_(table),
      metadata_table_(metadata_table),
      create_(create_sql(table, metadata_table)),
      read_("SELECT value,is_binary,etag,expiration_time FROM " + table + " WHERE key=? AND " +
            std::string(kLive)),
      read_beside_(read_ + ' '),
      put_(put_sql(table, "")),
      put_if_absent_(put_sql(table, " WHERE " + table + ".expiration_time<=?6")),
      put_if_matches_("UPDATE " + table +
                      " SET value=?2,is_binary=?3,etag=?4,expiration_time=?5,update_time=?6"
                      " WHERE key=?1 AND etag=?7 AND (expiration_time IS NULL OR"
                      " expiration_time>?6)"),
      delete_("DELETE FROM " + table + " WHERE key=?"),
      delete_if_matches_("DELETE FROM " + table + " WHERE key=? AND etag=? AND " +
                         std::string(kLive)),
      delete_expired_prefix_("DELETE FROM " + table + std::string(kInPrefix) +
                             " AND expiration_time<=?3"),
      delete_prefix_("DELETE FROM " + table + std::string(kInPrefix)),
      keys_like_("SELECT key FROM " + table + " WHERE key LIKE ? ESCAPE '\\' AND key>? AND " +
                 std::string(kLive) + " ORDER BY key LIMIT ?"),
      clean_up_("DELETE FROM " + table + " WHERE expiration_time<=?"),
      note_cleanup_("INSERT INTO " + metadata_table +
                    "(key,value) VALUES('last-cleanup',?) ON CONFLICT(key) DO UPDATE SET"
                    " value=excluded.value") {}

Status SqliteTable::create(store::Db& db) const {
  auto done = prepare_reader(db);
  if (done && !is_made(db)) done = db.script(create_);
  return done;
}

// So that a file that cannot be written can be opened.
bool SqliteTable::is_made(store::Db& db) const {
  const auto tables =
      db.integer("SELECT count(*) FROM sqlite_schema WHERE type='table' AND name IN (?,?)", table_,
                 metadata_table_);
  if (!tables || *tables != 2) return false;
  const auto version =
      db.integer("SELECT count(*) FROM " + metadata_table_ + " WHERE key='migrations'");
  return version && *version == 1;
}

Status SqliteTable::prepare_reader(store::Db& db) {
  auto done = db.define("parse_key_prefix", parse_key_prefix);
  if (done) done = db.script("PRAGMA case_sensitive_like=ON");
  return done;
}

Result<std::vector<Item>> SqliteTable::read(store::Db& db, const std::vector<std::string>& keys,
                                            const std::string& now) const {
  // One snapshot for all, on a connection that is not inside a writer's transaction.
  const bool snapshot = keys.size() > 1 && !db.in_transaction();
  if (snapshot) {
    if (auto begun = db.run("BEGIN"); !begun) return std::move(begun).error();
  }
  auto items = read_each(db, keys, now);
  if (snapshot) {
    if (auto ended = db.run("COMMIT"); !ended) return std::move(ended).error();
  }
  return items;
}

Result<Item> SqliteTable::read_one(store::Db& db, const std::string& key, const std::string& now,
                                   std::optional<store::Statement>& held) const {
  auto row = held ? db.query_kept(read_beside_, key, now) : db.query(read_, key, now);
  if (!row) return std::move(row).error();
  const auto found = row->step();
  if (!found) return found.error();
  if (!*found) {
    Item absent;
    absent.key = key;
    return absent;
  }
  auto item = item_of(*row, key);
  if (!item) return std::move(item).error().within(key);
  if (!held) held.emplace(std::move(*row));
  return item;
}

Result<std::vector<Item>> SqliteTable::read_each(store::Db& db,
                                                 const std::vector<std::string>& keys,
                                                 const std::string& now) const {
  std::vector<Item> items;
  items.reserve(keys.size());
  std::vector<const std::string*> missing;
  for (const std::string& key : keys) {
    auto row = db.query_kept(read_, key, now);
    if (!row) return std::move(row).error();
    const auto found = row->step();
    if (!found) return found.error();
    if (!*found) {
      missing.push_back(&key);
      continue;
    }
    auto item = item_of(*row, key);
    if (!item) return std::move(item).error().within(key);
    items.push_back(std::move(*item));
  }
  for (const std::string* key : missing) items.emplace_back().key = *key;
  return items;
}

Status SqliteTable::put(store::Db& db, const std::string& sql, const RowWrite& row,
                        const std::string& now) const {
  if (row.kind == RowWrite::Kind::kPutIfMatches) {
    return db.run(sql, row.key, row.value, row.binary, row.new_etag, row.expires, now, row.etag);
  }
  return db.run(sql, row.key, row.value, row.binary, row.new_etag, row.expires, now);
}

Status SqliteTable::write(store::Db& db, const RowWrite& row, const std::string& now) const {
  using Kind = RowWrite::Kind;
  Status done;
  switch (row.kind) {
    case Kind::kPut:
      return put(db, put_, row, now);
    case Kind::kDelete:
      return db.run(delete_, row.key);
    case Kind::kPutIfAbsent:
      done = put(db, put_if_absent_, row, now);
      break;
    case Kind::kPutIfMatches:
      done = put(db, put_if_matches_, row, now);
      break;
    case Kind::kDeleteIfMatches:
      done = db.run(delete_if_matches_, row.key, row.etag, now);
      break;
  }
  if (done && db.changes() == 0) return etag_mismatch();
  return done;
}

Result<std::size_t> SqliteTable::delete_with_prefix(store::Db& db, const std::string& prefix,
                                                    const std::string& now) const {
  const std::string end = end_of_prefix(prefix);
  auto done = db.run(delete_expired_prefix_, prefix, end, now);
  if (done) done = db.run(delete_prefix_, prefix, end);
  if (!done) return std::move(done).error();
  return static_cast<std::size_t>(db.changes());
}

Result<std::vector<std::string>> SqliteTable::keys_like(store::Db& db, const std::string& pattern,
                                                        const std::string& after, std::size_t limit,
                                                        const std::string& now) const {
  std::vector<std::string> keys;
  const std::int64_t rows = limit == 0 ? -1 : static_cast<std::int64_t>(limit);
  auto row = db.query(keys_like_, pattern, after, now, rows);
  if (!row) return std::move(row).error();
  while (true) {
    const auto found = row->step();
    if (!found) return found.error();
    if (!*found) return keys;
    keys.emplace_back(row->text(0));
  }
}

Result<std::size_t> SqliteTable::clean_up(store::Db& db, const std::string& now) const {
  auto done = db.run(clean_up_, now);
  if (!done) return std::move(done).error();
  const auto removed = static_cast<std::size_t>(db.changes());
  // Written only with a removal: an idle store does not wear out the flash.
  if (removed > 0) done = db.run(note_cleanup_, now);
  if (!done) return std::move(done).error();
  return removed;
}

std::string to_table_time(WallTime time) {
  std::string text = edge::to_rfc3339(time);
  std::ranges::replace(text, 'T', ' ');
  text.pop_back();
  return text;
}

const std::string& TableClock::text(WallTime time) {
  const WallTime second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_) {
    text_ = to_table_time(second);
    second_ = second;
  }
  return text_;
}

std::string to_rfc3339(std::string_view table_time) {
  std::string text(table_time);
  std::ranges::replace(text, ' ', 'T');
  if (!text.ends_with('Z')) text += 'Z';
  return text;
}

}  // namespace edge::state
