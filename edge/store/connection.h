// Inside of edge/store only: what a Db holds, and how SQLite's result codes become Errors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "edge/store/db.h"

namespace edge::store::detail {

struct CloseDb {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

// A compiled statement; kept in the connection's table, or owned by its one lease.
struct Prepared {
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle;
  bool leased = false;
  bool kept = false;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

struct Connection {
  std::string path;
  std::string name;  // last part of the path, for messages
  bool in_memory = false;
  Db::Failure failure = Db::Failure::kNone;
  std::int64_t wal_frames = 0;
  std::int64_t page_size = 4096;
  std::int64_t quota_pages = 0;  // 0: SQLite's own limit
  int busy_timeout_ms = 0;
  std::unique_ptr<sqlite3, CloseDb> handle;
  // Declared after the handle: statements are finalized before it closes.
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements;

  // Remembers the failure and puts it in words; `rc` may be an extended code.
  Error error(int rc);
};

// Code for a result code, and the words for it.
Error describe(int rc, std::string_view detail);
Db::Failure failure_of(int rc) noexcept;

}  // namespace edge::store::detail
