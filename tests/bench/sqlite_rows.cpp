// Bare SQLite writing and reading the rows that state.sqlite and pubsub.sqlite write and read: WAL,
// synchronous=FULL, the same tables and statements.
//
//   bench_sqlite set FILE ROWS_A_COMMIT SECONDS VALUE_BYTES     state
//   bench_sqlite get FILE ROWS_A_COMMIT SECONDS VALUE_BYTES
//   bench_sqlite append FILE ROWS_A_COMMIT SECONDS VALUE_BYTES  messages
//
// Prints "ROWS NANOSECONDS CPU_NANOSECONDS BYTES_WRITTEN P50 P99": the time of all, what the
// process used of a CPU, what went to the disk, and quantiles of one commit (or read).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKeys = 10000;
constexpr auto kMode = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";
constexpr auto kSchema =
    "CREATE TABLE IF NOT EXISTS state(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL,"
    " is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL,"
    " update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);";
constexpr auto kPut =
    "INSERT INTO state(key,value,is_binary,etag,expiration_time,update_time)"
    " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(key) DO UPDATE SET value=excluded.value,"
    "is_binary=excluded.is_binary,etag=excluded.etag,expiration_time=excluded.expiration_time,"
    "update_time=excluded.update_time";
constexpr auto kGet =
    "SELECT value,is_binary,etag,expiration_time FROM state WHERE key=? AND"
    " (expiration_time IS NULL OR expiration_time>?)";
constexpr auto kMessages =
    "CREATE TABLE IF NOT EXISTS pubsub_messages(id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    " expires INTEGER, total INTEGER NOT NULL, key TEXT, metadata TEXT, data BLOB NOT NULL) STRICT";
constexpr auto kAppend =
    "INSERT INTO pubsub_messages(id, time, expires, total, key, metadata, data)"
    " VALUES(?,?,?,?,?,?,?)";
constexpr auto kNow = "2026-01-01 00:00:00Z";

[[noreturn]] void fail(sqlite3* db) {
  std::fprintf(stderr, "bench_sqlite: %s\n", sqlite3_errmsg(db));
  std::exit(1);
}

class Database {
 public:
  Database(const char* path, const char* schema) {
    if (sqlite3_open(path, &db_) != SQLITE_OK) fail(db_);
    run(kMode);
    run(schema);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_);
  }

  virtual void put() = 0;
  virtual void get() {}

 protected:
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) fail(db_);
    statements_.push_back(statement);
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int at, const std::string& text) {
    sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void finish(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(db_);
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;

 private:
  std::vector<sqlite3_stmt*> statements_;
};

class States final : public Database {
 public:
  States(const char* path, std::size_t value_bytes)
      : Database(path, kSchema),
        put_(prepare(kPut)),
        get_(prepare(kGet)),
        value_("\"" + std::string(value_bytes, 'v') + "\"") {}

  void put() override {
    char etag[37];
    std::snprintf(etag, sizeof etag, "%08x-0000-4000-8000-%012x", static_cast<unsigned>(random_()),
                  static_cast<unsigned>(random_()));
    const std::string key = "caller||k" + std::to_string(next_++ % kKeys);
    bind(put_, 1, key);
    bind(put_, 2, value_);
    sqlite3_bind_int(put_, 3, 0);
    bind(put_, 4, etag);
    sqlite3_bind_null(put_, 5);
    bind(put_, 6, kNow);
    finish(put_);
  }

  void get() override {
    const std::string key = "caller||k" + std::to_string(next_++ % kKeys);
    bind(get_, 1, key);
    bind(get_, 2, kNow);
    if (sqlite3_step(get_) != SQLITE_ROW) fail(db_);
    const std::string value(reinterpret_cast<const char*>(sqlite3_column_text(get_, 0)));
    if (value != value_) fail(db_);
    sqlite3_reset(get_);
  }

 private:
  sqlite3_stmt* put_;
  sqlite3_stmt* get_;
  std::string value_;
  std::minstd_rand random_;
  int next_ = 0;
};

class Messages final : public Database {
 public:
  Messages(const char* path, std::size_t data_bytes)
      : Database(path, kMessages), append_(prepare(kAppend)), data_(data_bytes, 'd') {}

  void put() override {
    const sqlite3_int64 id = (sqlite3_int64{1} << 40) + ++next_;
    sqlite3_bind_int64(append_, 1, id);
    sqlite3_bind_int64(append_, 2, 1'800'000'000);
    sqlite3_bind_null(append_, 3);
    sqlite3_bind_int64(append_, 4, next_ * static_cast<sqlite3_int64>(data_.size()));
    sqlite3_bind_null(append_, 5);
    sqlite3_bind_null(append_, 6);
    sqlite3_bind_blob(append_, 7, data_.data(), static_cast<int>(data_.size()), SQLITE_STATIC);
    finish(append_);
  }

 private:
  sqlite3_stmt* append_;
  std::string data_;
  sqlite3_int64 next_ = 0;
};

// Bytes that this process had written to the disk, from the kernel's account.
unsigned long long bytes_written() {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/io", "r"),
                                                       std::fclose);
  char line[128];
  unsigned long long bytes = 0;
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    if (std::sscanf(line, "write_bytes: %llu", &bytes) == 1) break;
  }
  return bytes;
}

std::int64_t cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t since(Clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began).count();
}

void write_batch(Database& rows, int batch) {
  rows.run("BEGIN IMMEDIATE");
  for (int i = 0; i < batch; ++i) rows.put();
  rows.run("COMMIT");
}

std::unique_ptr<Database> open(char** argv) {
  const auto bytes = static_cast<std::size_t>(std::atoi(argv[5]));
  if (std::strcmp(argv[1], "append") == 0) return std::make_unique<Messages>(argv[2], bytes);
  auto states = std::make_unique<States>(argv[2], bytes);
  // As many rows as there are keys, so that every run updates.
  write_batch(*states, kKeys);
  return states;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: bench_sqlite set|get|append FILE ROWS_A_COMMIT SECONDS VALUE_BYTES\n",
               stderr);
    return 2;
  }
  const bool reads = std::strcmp(argv[1], "get") == 0;
  const int batch = std::max(std::atoi(argv[3]), 1);
  const std::unique_ptr<Database> rows = open(argv);
  const auto limit = std::chrono::duration<double>(std::atof(argv[4]));
  const auto began = Clock::now();
  const auto cpu_began = cpu_now();
  const auto written_before = bytes_written();
  std::vector<std::int64_t> times;
  while (Clock::now() - began < limit) {
    const auto start = Clock::now();
    if (reads) {
      for (int i = 0; i < batch; ++i) rows->get();
    } else {
      write_batch(*rows, batch);
    }
    times.push_back(since(start));
  }
  const auto took = since(began);
  const auto cpu = cpu_now() - cpu_began;
  const auto written = bytes_written() - written_before;
  const auto count = times.size() * static_cast<std::size_t>(batch);
  std::ranges::sort(times);
  std::printf("%zu %lld %lld %llu %lld %lld\n", count, static_cast<long long>(took),
              static_cast<long long>(cpu), written, static_cast<long long>(times[times.size() / 2]),
              static_cast<long long>(times[times.size() * 99 / 100]));
}
