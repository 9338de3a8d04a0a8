#include "components/secretstores/cloud/copy_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "components/secretstores/secret_codec.h"
#include "edge/store/rows.h"

namespace edge::secrets {
namespace {

constexpr std::string_view kCreate =
    "CREATE TABLE IF NOT EXISTS secret_copy(store TEXT NOT NULL, name TEXT NOT NULL,"
    " scope TEXT NOT NULL, kind INTEGER NOT NULL, version TEXT NOT NULL,"
    " read_ms INTEGER NOT NULL, kek_id TEXT NOT NULL, salt BLOB NOT NULL, nonce BLOB NOT NULL,"
    " ct BLOB NOT NULL, tag BLOB NOT NULL, PRIMARY KEY(store,name)) STRICT;"
    "CREATE TABLE IF NOT EXISTS secret_clock(id INTEGER PRIMARY KEY CHECK(id=1),"
    " known_ms INTEGER NOT NULL) STRICT;"
    "PRAGMA secure_delete=ON";
constexpr std::string_view kDropOthers = "DELETE FROM secret_copy WHERE store=? AND scope<>?";
constexpr std::string_view kRead =
    "SELECT name,kind,version,read_ms,kek_id,salt,nonce,ct,tag FROM secret_copy WHERE store=?";
constexpr std::string_view kWrite =
    "INSERT OR REPLACE INTO secret_copy(store,name,scope,kind,version,read_ms,kek_id,salt,nonce,ct,"
    "tag) VALUES(?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kDelete = "DELETE FROM secret_copy WHERE store=? AND name=?";
constexpr std::string_view kClock = "SELECT known_ms FROM secret_clock";
constexpr std::string_view kNoteClock =
    "INSERT INTO secret_clock(id,known_ms) VALUES(1,?1)"
    " ON CONFLICT(id) DO UPDATE SET known_ms=max(known_ms,?1)";

std::string text(const store::Statement& row, int column) {
  return std::string(row.text(column));
}

Copy copy_of(const store::Statement& row) {
  return {.name = text(row, 0),
          .kind = static_cast<CopyKind>(row.integer(1)),
          .version = text(row, 2),
          .read_ms = row.integer(3),
          .key_id = text(row, 4),
          .sealed = {text(row, 5), text(row, 6), text(row, 7), text(row, 8)}};
}

// What a row is bound to, as the parts of seal().
class Place {
 public:
  Place(std::string_view store, std::string_view scope, const Copy& copy)
      : kind_(std::to_string(static_cast<int>(copy.kind))),
        read_(std::to_string(copy.read_ms)),
        parts_{"copy", store, scope, copy.name, kind_, copy.version, read_} {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] tls::BoundTo parts() const noexcept { return parts_; }

 private:
  std::string kind_;
  std::string read_;
  std::array<std::string_view, 7> parts_;
};

}  // namespace

Status CopyTable::create(store::Db& db) {
  return db.script(std::string(kCreate));
}

Result<std::vector<std::string>> CopyTable::remove_others(store::Db& db,
                                                          const std::set<std::string>& stores) {
  std::vector<std::string> gone;
  const auto table = db.integer("SELECT 1 FROM sqlite_master WHERE name='secret_copy'");
  if (!table) return table.error();
  if (!*table) return gone;
  auto read = store::each_row(db, "SELECT DISTINCT store FROM secret_copy",
                              [&](const store::Statement& row) {
                                std::string store = text(row, 0);
                                if (!stores.contains(store)) gone.push_back(std::move(store));
                              });
  if (read && !gone.empty()) read = db.script("PRAGMA secure_delete=ON");
  for (const std::string& store : gone) {
    if (read) read = db.run("DELETE FROM secret_copy WHERE store=?", store);
  }
  if (!read) return std::move(read).error();
  return gone;
}

Result<CopyTable::Content> CopyTable::load(store::Db& db) const {
  if (auto dropped = db.run(kDropOthers, store_, scope_); !dropped) return dropped.error();
  Content content;
  auto read = store::each_row(
      db, kRead,
      [&content](const store::Statement& row) {
        content.copies.push_back(copy_of(row));
        content.clock_ms = std::max(content.clock_ms, content.copies.back().read_ms);
      },
      store_);
  if (!read) return std::move(read).error();
  const auto clock = db.integer(kClock);
  if (!clock) return clock.error();
  content.clock_ms = std::max(content.clock_ms, clock->value_or(0));
  return content;
}

Result<Copy> CopyTable::seal(Copy copy, const SealKey& key, const Secret& values) const {
  const tls::SecretBytes plain = encode_secret(values);
  auto sealed = tls::seal(key.bytes, plain.view(), Place(store_, scope_, copy).parts());
  if (!sealed) return sealed.error();
  copy.key_id = key.id;
  copy.sealed = std::move(*sealed);
  return copy;
}

Result<tls::SecretBytes> CopyTable::open_bytes(const Copy& copy, const KeyRing& ring) const {
  const SealKeyPtr key = ring.find(copy.key_id);
  const std::string which = "the copy of \"" + copy.name + "\" of the store \"" + store_ + "\"";
  if (!key) {
    return Error{Code::kFailedPrecondition, which + " is sealed under the key " + copy.key_id +
                                                ", and the keys at hand are: " + ring.text()};
  }
  auto plain = tls::open(key->bytes, copy.sealed, Place(store_, scope_, copy).parts());
  if (!plain) return plain.error().within(which + " does not open");
  return plain;
}

Result<Secret> CopyTable::open(const Copy& copy, const KeyRing& ring) const {
  const auto plain = open_bytes(copy, ring);
  if (!plain) return plain.error();
  return decode_secret(plain->view());
}

Result<Copy> CopyTable::reseal(Copy copy, const KeyRing& ring, const SealKey& key) const {
  const auto plain = open_bytes(copy, ring);
  if (!plain) return plain.error();
  auto sealed = tls::seal(key.bytes, plain->view(), Place(store_, scope_, copy).parts());
  if (!sealed) return sealed.error();
  copy.key_id = key.id;
  copy.sealed = std::move(*sealed);
  return copy;
}

Status CopyTable::write(store::Db& db, const Copy& copy) const {
  return db.run(kWrite, store_, copy.name, scope_, static_cast<std::int64_t>(copy.kind),
                copy.version, copy.read_ms, copy.key_id, store::Blob{copy.sealed.salt},
                store::Blob{copy.sealed.nonce}, store::Blob{copy.sealed.ciphertext},
                store::Blob{copy.sealed.tag});
}

Status CopyTable::remove(store::Db& db, const std::string& name) const {
  return db.run(kDelete, store_, name);
}

Status CopyTable::note_clock(store::Db& db, std::int64_t now_ms) {
  return db.run(kNoteClock, now_ms);
}

}  // namespace edge::secrets
