#include "components/secretstores/sealed_table.h"

#include <array>
#include <utility>

namespace edge::secrets {
namespace {

constexpr std::string_view kCreate =
    "CREATE TABLE IF NOT EXISTS sealed_secret(store TEXT NOT NULL, name TEXT NOT NULL,"
    " version INTEGER NOT NULL, changed_ms INTEGER NOT NULL, kek_id TEXT NOT NULL,"
    " salt BLOB NOT NULL, nonce BLOB NOT NULL, ct BLOB NOT NULL, tag BLOB NOT NULL,"
    " PRIMARY KEY(store,name)) STRICT;"
    "PRAGMA secure_delete=ON";

constexpr std::string_view kRead =
    "SELECT store,name,version,changed_ms,kek_id,salt,nonce,ct,tag FROM sealed_secret WHERE "
    "store=? AND name=?";
constexpr std::string_view kReadStore =
    "SELECT store,name,version,changed_ms,kek_id,salt,nonce,ct,tag FROM sealed_secret WHERE "
    "store=? ORDER BY name";
constexpr std::string_view kReadAll =
    "SELECT store,name,version,changed_ms,kek_id,salt,nonce,ct,tag FROM sealed_secret";
constexpr std::string_view kWrite =
    "INSERT OR REPLACE INTO sealed_secret(store,name,version,changed_ms,kek_id,salt,nonce,ct,tag) "
    "VALUES(?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kList =
    "SELECT name,version,changed_ms FROM sealed_secret WHERE store=? ORDER BY name";
constexpr std::string_view kVersion = "SELECT version FROM sealed_secret WHERE store=? AND name=?";
constexpr std::string_view kCount = "SELECT count(*) FROM sealed_secret WHERE store=?";
constexpr std::string_view kDelete = "DELETE FROM sealed_secret WHERE store=? AND name=?";
constexpr std::string_view kKeyIds =
    "SELECT DISTINCT kek_id FROM sealed_secret WHERE store=?1 OR ?2";

std::string text(const store::Statement& row, int column) {
  return std::string(row.text(column));
}

SealedRow row_of(const store::Statement& row) {
  return {.store = text(row, 0),
          .name = text(row, 1),
          .version = row.integer(2),
          .changed_ms = row.integer(3),
          .key_id = text(row, 4),
          .sealed = {text(row, 5), text(row, 6), text(row, 7), text(row, 8)}};
}

SecretInfo info_of(std::string name, std::int64_t version, std::int64_t changed_ms) {
  return {std::move(name), version, WallTime(std::chrono::milliseconds(changed_ms))};
}

Result<std::vector<SealedRow>> rows_of(Result<store::Statement> query) {
  if (!query) return query.error();
  std::vector<SealedRow> rows;
  while (true) {
    const auto more = query->step();
    if (!more) return more.error();
    if (!*more) return rows;
    rows.push_back(row_of(*query));
  }
}

// What a row is bound to, as the parts of seal().
class Place {
 public:
  explicit Place(const SealedRow& row)
      : version_(std::to_string(row.version)),
        changed_(std::to_string(row.changed_ms)),
        parts_{row.store, row.name, version_, changed_} {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] tls::BoundTo parts() const noexcept { return parts_; }

 private:
  std::string version_;
  std::string changed_;
  std::array<std::string_view, 4> parts_;
};

Status put(store::Db& db, SealedRow& row, const SealKey& key, const tls::SecretBytes& plain) {
  auto sealed = tls::seal(key.bytes, plain.view(), Place(row).parts());
  if (!sealed) return sealed.error();
  row.key_id = key.id;
  row.sealed = std::move(*sealed);
  return db.run(kWrite, row.store, row.name, row.version, row.changed_ms, row.key_id,
                store::Blob{row.sealed.salt}, store::Blob{row.sealed.nonce},
                store::Blob{row.sealed.ciphertext}, store::Blob{row.sealed.tag});
}

}  // namespace

Status SealedTable::create(store::Db& db) {
  return db.script(std::string(kCreate));
}

Result<std::optional<SealedRow>> SealedTable::read(store::Db& db, const std::string& name) const {
  auto rows = rows_of(db.query(kRead, store_, name));
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<SealedRow>();
  return std::move(rows->front());
}

Result<std::vector<SealedRow>> SealedTable::read_all(store::Db& db) const {
  return rows_of(db.query(kReadStore, store_));
}

Result<std::vector<SecretInfo>> SealedTable::list(store::Db& db) const {
  auto query = db.query(kList, store_);
  if (!query) return query.error();
  std::vector<SecretInfo> list;
  while (true) {
    const auto more = query->step();
    if (!more) return more.error();
    if (!*more) return list;
    list.push_back(info_of(text(*query, 0), query->integer(1), query->integer(2)));
  }
}

Status SealedTable::check_room(store::Db& db) const {
  const auto count = db.integer(kCount, store_);
  if (!count) return count.error();
  if (count->value_or(0) < kMaxSecrets) return {};
  return Error{Code::kResourceExhausted, "the store \"" + store_ + "\" holds " +
                                             std::to_string(kMaxSecrets) +
                                             " secrets, which is its limit; delete some"};
}

Result<SecretInfo> SealedTable::write(store::Db& db, const SealKey& key, const std::string& name,
                                      const tls::SecretBytes& plain,
                                      std::int64_t changed_ms) const {
  const auto version = db.integer(kVersion, store_, name);
  if (!version) return version.error();
  if (!*version) {
    if (auto room = check_room(db); !room) return room.error();
  }
  SealedRow row{.store = store_,
                .name = name,
                .version = version->value_or(0) + 1,
                .changed_ms = changed_ms,
                .key_id = {},
                .sealed = {}};
  if (auto done = put(db, row, key, plain); !done) return done.error();
  return info_of(name, row.version, changed_ms);
}

Result<bool> SealedTable::remove(store::Db& db, const std::string& name) const {
  if (auto done = db.run(kDelete, store_, name); !done) return done.error();
  return db.changes() > 0;
}

Result<std::set<std::string>> SealedTable::key_ids(store::Db& db, Whose whose) const {
  auto query = db.query(kKeyIds, store_, whose == Whose::kEveryStore ? 1 : 0);
  if (!query) return query.error();
  std::set<std::string> ids;
  while (true) {
    const auto more = query->step();
    if (!more) return more.error();
    if (!*more) return ids;
    ids.insert(text(*query, 0));
  }
}

Result<std::size_t> SealedTable::reseal(store::Db& db, const KeyRing& ring, const SealKey& to) {
  auto rows = rows_of(db.query(kReadAll));
  if (!rows) return rows.error();
  std::size_t count = 0;
  for (SealedRow& row : *rows) {
    if (row.key_id == to.id || !ring.find(row.key_id)) continue;
    auto plain = open(row, ring);
    if (!plain) return plain.error();
    if (auto done = put(db, row, to, *plain); !done) return done.error();
    ++count;
  }
  return count;
}

Result<tls::SecretBytes> SealedTable::open(const SealedRow& row, const KeyRing& ring) {
  const SealKeyPtr key = ring.find(row.key_id);
  const std::string which = "the secret \"" + row.name + "\" of the store \"" + row.store + "\"";
  if (!key) {
    return Error{Code::kFailedPrecondition, which + " is sealed under the key " + row.key_id +
                                                ", and the keys at hand are: " + ring.text() +
                                                "; give that key back, or set the secret again"};
  }
  auto plain = tls::open(key->bytes, row.sealed, Place(row).parts());
  if (plain) return plain;
  return Error{plain.error().code,
               which + " does not open: " + plain.error().message + "; set it again"};
}

}  // namespace edge::secrets
