#include "edge/store/db.h"

#include <array>
#include <utility>

#include "edge/store/concat.h"
#include "edge/store/connection.h"
#include "edge/store/files.h"

namespace edge::store {
namespace {

using detail::Connection;
using detail::Prepared;

constexpr std::string_view kInMemory = ":memory:";
constexpr std::size_t kMaxKeptStatements = 96;
constexpr std::int64_t kPageSize = 4096;
constexpr int kCheckpointPatienceMs = 50;
constexpr std::int64_t kMaxPages = 1'073'741'823;  // SQLite's own limit

int on_wal_commit(void* context, sqlite3* /*db*/, const char* /*schema*/, int frames) noexcept {
  static_cast<Connection*>(context)->wal_frames = frames;
  return SQLITE_OK;
}

Status set_journal(Db& db, const DbOptions& options) {
  const bool wal = options.journal == Journal::kWal && !db.in_memory();
  auto statement = db.query(wal              ? "PRAGMA journal_mode=WAL"
                            : db.in_memory() ? "PRAGMA journal_mode=MEMORY"
                                             : "PRAGMA journal_mode=DELETE");
  if (!statement) return std::move(statement).error();
  const auto row = statement->step();
  if (!row) return row.error();
  if (wal && statement->text(0) != "wal") {
    return Error{Code::kFailedPrecondition,
                 "a write-ahead log is not possible on this file system"};
  }
  return {};
}

// Source: sync reference §3.3.
Status configure(Db& db, const DbOptions& options) {
  if (options.access != Access::kReadWrite) {
    return db.script("PRAGMA query_only=ON; PRAGMA cache_size=-512; PRAGMA cell_size_check=ON");
  }
  Status done;
  if (options.creation == Creation::kUnsynced) {
    done = db.script("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
  }
  // These only matter to an empty file and must come before its journal mode.
  if (done) {
    done = db.script(concat("PRAGMA page_size=", kPageSize, "; PRAGMA auto_vacuum=INCREMENTAL"));
  }
  if (done) done = set_journal(db, options);
  if (done && options.creation == Creation::kSynced) done = db.end_creation();
  // Debian's SQLite overwrites what is deleted, which writes it once more: only tables of secrets
  // ask for that.
  if (done) {
    done = db.script(
        "PRAGMA secure_delete=OFF; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=4194304;"
        "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512");
  }
  if (done) done = db.set_growth(Db::Growth::kQuota);
  return done;
}

// A log beside an empty database belongs to one that is gone. Durably removed, it cannot come back
// after a power cut and be read into the database that is made now.
Status remove_stray_log(const std::string& path) {
  const std::string log = path + "-wal";
  if (!file_exists(log)) return {};
  auto removed = remove_file(log);
  if (removed) removed = remove_file(path + "-shm");
  if (removed) removed = sync_folder_of(path);
  return removed;
}

// Makes the file where there is none. The creation that is left to do: kUnsynced only with an empty
// file and a log, since a database written in place could be left in part by a power cut.
Result<Creation> make_file(const std::string& path, const DbOptions& options) {
  if (options.access != Access::kReadWrite || path == kInMemory) return Creation::kSynced;
  if (auto made = create_private(path); !made) return std::move(made).error();
  if (file_bytes(path) > 0) return Creation::kSynced;
  if (auto removed = remove_stray_log(path); !removed) return std::move(removed).error();
  return options.journal == Journal::kWal ? options.creation : Creation::kSynced;
}

int flags_of(Access access) {
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::kReadWrite:
      return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::kReadOnly:
      return kAlways | SQLITE_OPEN_READONLY;
    case Access::kImmutable:
      break;
  }
  return kAlways | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
}

// What sqlite3_open_v2 is told. Source: sqlite.org/uri.html.
std::string name_of(const std::string& path, Access access) {
  if (access != Access::kImmutable) return path;
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%') {
      uri += "%25";
    } else if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

// Nobody asks how much memory SQLite uses, and counting it takes a lock at each piece.
void prepare_library() noexcept {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(done);
}

void call_text_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const auto fn = reinterpret_cast<std::string (*)(std::string_view)>(sqlite3_user_data(context));
  const auto* text =
      count == 1 ? reinterpret_cast<const char*>(sqlite3_value_text(values[0])) : nullptr;
  if (text == nullptr) return sqlite3_result_null(context);
  const std::string answer = fn({text, static_cast<std::size_t>(sqlite3_value_bytes(values[0]))});
  sqlite3_result_text(context, answer.data(), static_cast<int>(answer.size()), SQLITE_TRANSIENT);
}

}  // namespace

Db::Db(std::unique_ptr<Connection> connection) noexcept : connection_(std::move(connection)) {}
Db::Db(Db&&) noexcept = default;
Db& Db::operator=(Db&&) noexcept = default;
Db::~Db() = default;

Result<Db> Db::open(const std::string& path, const DbOptions& options) {
  prepare_library();
  auto connection = std::make_unique<Connection>();
  connection->path = path;
  connection->name = last_name(path);
  connection->in_memory = path == kInMemory;
  connection->busy_timeout_ms = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_timeout).count());
  if (options.quota_bytes > 0) connection->quota_pages = options.quota_bytes / kPageSize + 1;
  const std::string context = concat("open ", path);
  const auto creation = make_file(path, options);
  if (!creation) return Error(creation.error()).within(context);
  sqlite3* handle = nullptr;
  int rc = sqlite3_open_v2(name_of(path, options.access).c_str(), &handle, flags_of(options.access),
                           nullptr);
  connection->handle.reset(handle);
  // SQLite is content with a file that it may only read.
  const bool wanted = options.access == Access::kReadWrite;
  if (rc == SQLITE_OK && wanted && sqlite3_db_readonly(handle, "main") == 1) rc = SQLITE_READONLY;
  if (rc != SQLITE_OK) return connection->error(rc).within(context);
  sqlite3_busy_timeout(handle, connection->busy_timeout_ms);

  Db db(std::move(connection));
  DbOptions how = options;
  how.creation = *creation;
  if (auto configured = configure(db, how); !configured) {
    return std::move(configured).error().within(context);
  }
  const auto page_size = db.integer("PRAGMA page_size");
  if (!page_size) return page_size.error().within(context);
  db.connection_->page_size = page_size->value_or(kPageSize);
  sqlite3_wal_hook(handle, on_wal_commit, db.connection_.get());
  return db;
}

Result<Statement> Db::prepare(std::string_view sql) {
  Connection& connection = *connection_;
  const auto found = connection.statements.find(sql);
  if (found != connection.statements.end() && !found->second.leased) {
    found->second.leased = true;
    return Statement(&connection, &found->second);
  }
  const bool keep =
      found == connection.statements.end() && connection.statements.size() < kMaxKeptStatements;
  sqlite3_stmt* handle = nullptr;
  const int rc =
      sqlite3_prepare_v3(connection.handle.get(), sql.data(), static_cast<int>(sql.size()),
                         keep ? SQLITE_PREPARE_PERSISTENT : 0, &handle, nullptr);
  std::unique_ptr<sqlite3_stmt, detail::FinalizeStatement> owned(handle);
  if (rc != SQLITE_OK) return connection.error(rc);
  Prepared* prepared = nullptr;
  if (keep) {
    prepared = &connection.statements[std::string(sql)];
  } else {
    prepared = new Prepared;  // owned by its lease
  }
  prepared->handle = std::move(owned);
  prepared->leased = true;
  prepared->kept = keep;
  return Statement(&connection, prepared);
}

Result<std::optional<std::int64_t>> Db::first_integer(Statement& statement) {
  const auto row = statement.step();
  if (!row) return row.error();
  if (!*row || statement.is_null(0)) return std::optional<std::int64_t>();
  return std::optional(statement.integer(0));
}

Status Db::script(const std::string& sql) {
  const int rc = sqlite3_exec(connection_->handle.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return connection_->error(rc);
  return {};
}

std::int64_t Db::changes() const noexcept {
  return sqlite3_changes64(connection_->handle.get());
}

std::int64_t Db::total_changes() const noexcept {
  return sqlite3_total_changes64(connection_->handle.get());
}

bool Db::in_transaction() const noexcept {
  return sqlite3_get_autocommit(connection_->handle.get()) == 0;
}

Db::Failure Db::failure() const noexcept {
  return connection_->failure;
}
void Db::clear_failure() noexcept {
  connection_->failure = Failure::kNone;
}

std::int64_t Db::wal_bytes() const noexcept {
  constexpr std::int64_t kFrameHeader = 24;
  return connection_->wal_frames * (connection_->page_size + kFrameHeader);
}

Status Db::checkpoint(Checkpoint mode) {
  int frames = 0;
  int copied = 0;
  sqlite3* handle = connection_->handle.get();
  const int how =
      mode == Checkpoint::kPassive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  sqlite3_busy_timeout(handle, kCheckpointPatienceMs);
  const int rc = sqlite3_wal_checkpoint_v2(handle, nullptr, how, &frames, &copied);
  sqlite3_busy_timeout(handle, connection_->busy_timeout_ms);
  if (rc != SQLITE_OK) return connection_->error(rc);
  // Once everything is copied the next commit starts the log afresh.
  connection_->wal_frames = frames < 0 || frames == copied ? 0 : frames;
  return {};
}

Status Db::set_growth(Growth growth) {
  // SQLite raises a limit below the present size to that size.
  const std::int64_t quota = connection_->quota_pages > 0 ? connection_->quota_pages : kMaxPages;
  return script(concat("PRAGMA max_page_count=", growth == Growth::kFrozen ? 1 : quota));
}

Status Db::define(const std::string& name, std::string (*fn)(std::string_view)) {
  const int rc = sqlite3_create_function_v2(
      connection_->handle.get(), name.c_str(), 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
      reinterpret_cast<void*>(fn), call_text_function, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return connection_->error(rc);
  return {};
}

// EXTRA also syncs the folder when a rollback journal is deleted; with a write-ahead log it is
// FULL.
Status Db::end_creation() {
  return script("PRAGMA synchronous=EXTRA");
}

// Through SQLite's own handle: closing another one would drop its locks on the file.
Status Db::sync() {
  if (in_memory()) return {};
  sqlite3* handle = connection_->handle.get();
  sqlite3_file* file = nullptr;
  int rc = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (rc == SQLITE_OK) rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (rc != SQLITE_OK) return connection_->error(rc);
  return sync_folder_of(sqlite3_db_filename(handle, "main"));
}

void Db::interrupt() noexcept {
  sqlite3_interrupt(connection_->handle.get());
}

const std::string& Db::path() const noexcept {
  return connection_->path;
}
bool Db::in_memory() const noexcept {
  return connection_->in_memory;
}

}  // namespace edge::store
