#include "components/secretstores/sqlite.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "components/secretstores/secret_codec.h"
#include "components/store_call.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/store/files.h"

namespace edge::secrets {
namespace {

using components::wrong_field;

constexpr std::string_view kScope = "edge.secrets.sqlite";

constexpr auto kFields = std::to_array<components::Field<SqliteOptions>>({
    {{.name = "connectionString",
      .alias = "url",
      .doc = "Path of the database file; `hub.db` in the hub's data folder where absent. Several "
             "components may name the same file."},
     &SqliteOptions::path},
    {{.name = "keyFile",
      .doc = "Path of the file with the key of 32 bytes; `hub.key` in the hub's data folder where "
             "absent. It is made when the first secret is set, and is not used where systemd gives "
             "the credential `hub-kek`."},
     &SqliteOptions::key_path},
});

Error not_found(const std::string& name) {
  return {Code::kNotFound, "secret " + name + " not found"};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Error lost_key(const std::string& store, const std::string& id, const KeyRing& ring) {
  return {Code::kFailedPrecondition,
          "secrets of the store \"" + store + "\" are sealed under the key " + id +
              ", and the keys at hand are: " + ring.text() +
              "; give that key back (as key file, or as the credential hub-kek-old), or delete "
              "these secrets with the database file"};
}

// What a start finds: the keys, and whether a replacement of the key was cut short.
Result<KeyRingPtr> load_ring(const KeyFile& file, const std::string& credentials) {
  auto ring = KeyRing::load(file, credentials);
  if (!ring) return ring.error();
  return std::make_shared<const KeyRing>(std::move(*ring));
}

// A crash after secrets were sealed under the next key, and before it became the key.
Result<bool> finish_rotation(store::Db& db, const SealedTable& table, const KeyRing& ring) {
  if (!ring.next()) return false;
  const auto ids = table.key_ids(db, SealedTable::Whose::kEveryStore);
  if (!ids) return ids.error();
  if (!ids->contains(ring.next()->id)) return false;
  auto sealed = SealedTable::reseal(db, ring, *ring.next());
  if (!sealed) return sealed.error();
  return true;
}

// True, or an error.
Result<bool> check_keys(store::Db& db, const SealedTable& table, const std::string& store,
                        const KeyRing& ring) {
  const auto ids = table.key_ids(db, SealedTable::Whose::kThisStore);
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    if (!ring.find(id)) return lost_key(store, id, ring);
  }
  return true;
}

// Reads every row, so that a damaged page is found while the file is opened.
Status create_and_check(store::Db& db, const SealedTable& table) {
  if (auto made = SealedTable::create(db); !made) return made;
  const auto ids = table.key_ids(db, SealedTable::Whose::kEveryStore);
  return ids ? Status() : Status(ids.error());
}

// The place of the next key must not hold one that is in use.
Status check_next_is_free(store::Db& db, const SealedTable& table, const KeyFile& file,
                          const KeyRing& ring) {
  const auto ids = table.key_ids(db, SealedTable::Whose::kEveryStore);
  if (!ids) return ids.error();
  const auto present = file.read();
  if (!present) return present.error();
  const auto next = file.read_next();
  const bool next_in_use = next && *next && ids->contains((*next)->id);
  if (*present && (*present)->id == ring.current()->id && !next_in_use) return {};
  return Error{Code::kFailedPrecondition, "the key file " + file.path() +
                                              " does not hold the key in use, " +
                                              ring.current()->id + "; restart the hub"};
}

}  // namespace

std::span<const components::Field<SqliteOptions>> sqlite_fields() {
  return kFields;
}

SqliteStore::SqliteStore(const components::Context& context)
    : context_(context), database_(context), changes_(context.loop, 1) {}

Status SqliteStore::read_options() {
  auto options = components::read_fields<SqliteOptions>(kFields, context_.metadata);
  if (!options) return std::move(options).error();
  options_ = std::move(*options);
  if (options_.path.empty() && context_.data_dir.empty()) {
    return wrong_field("connectionString",
                       "is needed where the hub has no data folder; name a file");
  }
  if (options_.path.empty()) options_.path = context_.data_dir + "/hub.db";
  if (starts_with_ignoring_case(options_.path, "file:")) options_.path.erase(0, 5);
  if (options_.path == ":memory:" || options_.path.find('?') != std::string::npos) {
    return wrong_field("connectionString", "is the path of a file, without options");
  }
  if (!options_.key_path.empty()) return {};
  options_.key_path =
      (context_.data_dir.empty() ? folder_of(options_.path) : context_.data_dir) + "/hub.key";
  return {};
}

Task<Status> SqliteStore::init(Ctx ctx) {
  if (auto read = read_options(); !read) co_return read;
  table_ = std::make_shared<const SealedTable>(context_.name);
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  credentials_ = credentials == nullptr ? "" : credentials;
  if (credentials_.empty() || !store::file_exists(credentials_ + "/hub-kek")) {
    auto claim = KeyFileClaim::take(options_.key_path);
    if (!claim) co_return claim.error();
    claim_.emplace(std::move(*claim));
  }
  if (!store::file_exists(options_.path)) co_return Status();
  auto opened = co_await open(ctx);
  if (!opened) co_await close();
  co_return opened;
}

Task<Status> SqliteStore::open(Ctx ctx) {
  if (is_open_) co_return Status();
  components::DatabaseOptions file;
  file.path = options_.path;
  file.how.schema = [table = table_](store::Db& db) { return create_and_check(db, *table); };
  file.writer.name = "secrets";
  file.reading = components::Reading::kWriterOnly;
  auto opened = co_await database_.open(ctx, std::move(file));
  if (!opened) co_return opened;
  opened = co_await find_keys(ctx);
  if (!opened) {
    co_await database_.close();
    co_return opened;
  }
  is_open_ = true;
  co_return Status();
}

Task<Status> SqliteStore::find_keys(Ctx ctx) {
  const KeyFile file(options_.key_path);
  auto load = [file, folder = credentials_](store::Db&) { return load_ring(file, folder); };
  auto ring = co_await on_writer<KeyRingPtr>(ctx, load);
  if (!ring) co_return ring.error();
  auto finish = [table = table_, keys = *ring](store::Db& db) {
    return finish_rotation(db, *table, *keys);
  };
  auto finished = co_await on_writer<bool>(ctx, finish);
  if (!finished) co_return finished.error();
  if (*finished) {
    log::info(kScope, "a change of the key was cut short and is finished now",
              {{"component", context_.name}, {"key", (*ring)->next()->id}});
    auto promote = [file, folder = credentials_](store::Db&) -> Result<KeyRingPtr> {
      if (auto done = file.promote_next(); !done) return done.error();
      return load_ring(file, folder);
    };
    ring = co_await on_writer<KeyRingPtr>(ctx, promote);
    if (!ring) co_return ring.error();
  }
  ring_ = std::move(*ring);
  auto check = [table = table_, name = context_.name, keys = ring_](store::Db& db) {
    return check_keys(db, *table, name, *keys);
  };
  auto all_there = co_await on_writer<bool>(ctx, check);
  if (!all_there) co_return all_there.error();
  co_return Status();
}

Task<Result<Secret>> SqliteStore::get(Ctx ctx, std::string name) {
  if (!is_open_) co_return not_found(name);
  const KeyRingPtr before = ring_;
  auto read = [table = table_, name](store::Db& db) { return table->read(db, name); };
  auto row = co_await on_writer<std::optional<SealedRow>>(ctx, read);
  if (!row) co_return row.error();
  if (!*row) co_return not_found(name);
  const auto plain = open_row(**row, *before);
  if (!plain) co_return plain.error();
  co_return decode_secret(plain->view());
}

// The key may have changed while the row was read: it is one of now, or one of before.
Result<tls::SecretBytes> SqliteStore::open_row(const SealedRow& row, const KeyRing& before) const {
  return SealedTable::open(row, ring_->find(row.key_id) ? *ring_ : before);
}

Task<Result<Secrets>> SqliteStore::get_all(Ctx ctx) {
  Secrets secrets;
  if (!is_open_) co_return secrets;
  const KeyRingPtr before = ring_;
  auto read = [table = table_](store::Db& db) { return table->read_all(db); };
  auto rows = co_await on_writer<std::vector<SealedRow>>(ctx, read);
  if (!rows) co_return rows.error();
  for (const SealedRow& row : *rows) {
    const auto plain = open_row(row, *before);
    if (!plain) co_return plain.error();
    auto secret = decode_secret(plain->view());
    if (!secret) co_return secret.error();
    secrets[row.name] = std::move(*secret);
  }
  co_return secrets;
}

Task<Result<std::vector<SecretInfo>>> SqliteStore::list(Ctx ctx) {
  if (!is_open_) co_return std::vector<SecretInfo>();
  auto read = [table = table_](store::Db& db) { return table->list(db); };
  co_return co_await on_writer<std::vector<SecretInfo>>(ctx, read);
}

Task<Result<SecretInfo>> SqliteStore::set(Ctx ctx, std::string name, Secret secret) {
  if (auto possible = check_secret(name, secret); !possible) co_return possible.error();
  tls::SecretBytes plain = encode_secret(secret);
  wipe(secret);
  auto turn = co_await changes_.acquire(ctx);
  if (!turn) co_return turn.error();
  const Permit permit(changes_);
  co_return co_await set_alone(ctx, std::move(name), std::move(plain));
}

Task<Result<SecretInfo>> SqliteStore::set_alone(Ctx ctx, std::string name, tls::SecretBytes plain) {
  auto opened = co_await open(ctx);
  if (!opened) co_return opened.error();
  auto key = co_await key_to_seal_with(ctx);
  if (!key) co_return key.error();
  const std::size_t size_bytes = plain.size();
  auto write = [table = table_, with = *key, as = std::move(name), at = now_ms(),
                shared = std::make_shared<const tls::SecretBytes>(std::move(plain))](
                   store::Db& db) { return table->write(db, *with, as, *shared, at); };
  co_return co_await on_writer<SecretInfo>(ctx, write, size_bytes);
}

// Makes the key where there is none: it is on the disk before anything is sealed under it.
Task<Result<SealKeyPtr>> SqliteStore::key_to_seal_with(Ctx ctx) {
  if (ring_->current()) co_return ring_->current();
  SealKeyPtr key = make_key(tls::SecretBytes::random(tls::kSealKeyBytes), options_.key_path);
  const KeyFile file(options_.key_path);
  auto store_key = [file, key](store::Db&) -> Result<bool> {
    if (auto written = file.write_next(*key); !written) return written.error();
    if (auto done = file.promote_next(); !done) return done.error();
    return true;
  };
  // To its end: whether the file is there must be known.
  auto stored = co_await on_writer<bool>(Ctx::background(), store_key);
  if (!stored) co_return stored.error().within("make a key for secrets");
  log::warn(kScope,
            "made a key file: whoever reads it and the database reads the secrets; the systemd "
            "credential hub-kek is safer",
            {{"component", context_.name}, {"key_file", options_.key_path}, {"key", key->id}});
  ring_ = std::make_shared<const KeyRing>(KeyRing::only(key));
  if (ctx.cancelled()) co_return ctx.error();
  co_return key;
}

Task<Status> SqliteStore::remove(Ctx ctx, std::string name) {
  auto turn = co_await changes_.acquire(ctx);
  if (!turn) co_return turn;
  const Permit permit(changes_);
  if (!is_open_) co_return not_found(name);
  auto erase = [table = table_, name](store::Db& db) { return table->remove(db, name); };
  auto removed = co_await on_writer<bool>(ctx, erase);
  if (!removed) co_return removed.error();
  if (!*removed) co_return not_found(name);
  co_return Status();
}

Task<Result<KeyChange>> SqliteStore::rotate_key(Ctx ctx) {
  auto turn = co_await changes_.acquire(ctx);
  if (!turn) co_return turn.error();
  const Permit permit(changes_);
  co_return co_await rotate_alone();
}

Task<Result<KeyChange>> SqliteStore::rotate_alone() {
  if (!is_open_ || !ring_->current()) {
    co_return Error{Code::kFailedPrecondition,
                    "the store \"" + context_.name +
                        "\" has no key yet: it is made when the first secret is set"};
  }
  if (ring_->is_credential()) co_return co_await reseal_for_credential();
  co_return co_await rotate_file();
}

// The new key is on the disk, beside the old one, before anything is sealed under it; it takes the
// old one's place when everything is. A start after a crash between looks which of them is in use.
Task<Result<KeyChange>> SqliteStore::rotate_file() {
  const KeyFile file(options_.key_path);
  SealKeyPtr key = make_key(tls::SecretBytes::random(tls::kSealKeyBytes), options_.key_path);
  ring_ = std::make_shared<const KeyRing>(ring_->with(key));
  auto reseal = [file, key, keys = ring_, table = table_](store::Db& db) -> Result<std::size_t> {
    if (auto free = check_next_is_free(db, *table, file, *keys); !free) return free.error();
    if (auto written = file.write_next(*key); !written) return written.error();
    return SealedTable::reseal(db, *keys, *key);
  };
  auto sealed = co_await on_writer<std::size_t>(Ctx::background(), reseal);
  if (!sealed) co_return sealed.error().within("change the key");
  ring_ = std::make_shared<const KeyRing>(KeyRing::only(key));
  auto promote = [file](store::Db&) -> Result<bool> {
    if (auto done = file.promote_next(); !done) return done.error();
    return true;
  };
  auto promoted = co_await on_writer<bool>(Ctx::background(), promote);
  if (!promoted) {
    log::error(kScope, "the new key could not take the old one's place; the next start does it",
               {{"component", context_.name}, {"error", promoted.error().message}});
  }
  log::info(kScope, "secrets are sealed under a new key",
            {{"component", context_.name}, {"key", key->id}, {"secrets", std::to_string(*sealed)}});
  co_return KeyChange{key->id, *sealed};
}

Task<Result<KeyChange>> SqliteStore::reseal_for_credential() {
  const SealKeyPtr key = ring_->current();
  auto reseal = [key, keys = ring_](store::Db& db) { return SealedTable::reseal(db, *keys, *key); };
  auto sealed = co_await on_writer<std::size_t>(Ctx::background(), reseal);
  if (!sealed) co_return sealed.error().within("change the key");
  if (*sealed > 0) co_return KeyChange{key->id, *sealed};
  co_return Error{Code::kFailedPrecondition,
                  "every secret is sealed under the systemd credential hub-kek (" + key->id +
                      "), which the hub cannot change: give the present key as credential "
                      "hub-kek-old and a new one as hub-kek, restart, and rotate again"};
}

Task<void> SqliteStore::close() {
  co_await database_.close();
  is_open_ = false;
  ring_.reset();
  claim_.reset();
}

template <class T>
Task<Result<T>> SqliteStore::on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work,
                                       std::size_t size_bytes) {
  co_return co_await components::store_call<T>(&context_.loop, ctx, database_.writer(),
                                               std::move(work), size_bytes);
}

std::int64_t SqliteStore::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             context_.loop.wall_now().time_since_epoch())
      .count();
}

}  // namespace edge::secrets
