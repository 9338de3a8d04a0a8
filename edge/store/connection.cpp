#include "edge/store/connection.h"

#include <array>

#include "edge/store/concat.h"

namespace edge::store::detail {
namespace {

struct Row {
  int primary;
  Code code;
  std::string_view words;
};

constexpr std::array<Row, 19> kRows = {{
    {SQLITE_BUSY, Code::kUnavailable, "busy"},
    {SQLITE_LOCKED, Code::kUnavailable, "locked"},
    {SQLITE_FULL, Code::kResourceExhausted, "disk or quota full"},
    {SQLITE_NOMEM, Code::kResourceExhausted, "out of memory"},
    {SQLITE_IOERR, Code::kUnavailable, "input/output error"},
    {SQLITE_CANTOPEN, Code::kUnavailable, "cannot be opened"},
    {SQLITE_PROTOCOL, Code::kUnavailable, "locking failed"},
    {SQLITE_READONLY, Code::kFailedPrecondition, "read-only"},
    {SQLITE_CORRUPT, Code::kDataLoss, "damaged"},
    {SQLITE_NOTADB, Code::kDataLoss, "not a database"},
    {SQLITE_CONSTRAINT, Code::kInvalidArgument, "refused"},
    {SQLITE_MISMATCH, Code::kInvalidArgument, "refused"},
    {SQLITE_TOOBIG, Code::kInvalidArgument, "too big"},
    {SQLITE_PERM, Code::kPermissionDenied, "not allowed"},
    {SQLITE_AUTH, Code::kPermissionDenied, "not allowed"},
    {SQLITE_INTERRUPT, Code::kCancelled, "interrupted"},
    {SQLITE_RANGE, Code::kInternal, "wrong number of arguments"},
    {SQLITE_MISUSE, Code::kInternal, "misused"},
    {SQLITE_ERROR, Code::kInternal, "failed"},
}};

bool is_unique_violation(int rc) noexcept {
  return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
         rc == SQLITE_CONSTRAINT_ROWID;
}

}  // namespace

Error describe(int rc, std::string_view detail) {
  Error error{Code::kInternal, concat("failed with ", rc, ": ", detail)};
  for (const Row& row : kRows) {
    if (row.primary != (rc & 0xff)) continue;
    error = {row.code, concat(row.words, ": ", detail)};
    break;
  }
  if (is_unique_violation(rc)) error.code = Code::kAlreadyExists;
  return error;
}

Db::Failure failure_of(int rc) noexcept {
  switch (rc & 0xff) {
    case SQLITE_OK:
      return Db::Failure::kNone;
    case SQLITE_FULL:
      return Db::Failure::kFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Db::Failure::kDamaged;
    case SQLITE_IOERR:
      return Db::Failure::kInputOutput;
    case SQLITE_READONLY:
      return Db::Failure::kReadOnly;
    default:
      return Db::Failure::kOther;
  }
}

Error Connection::error(int rc) {
  failure = failure_of(rc);
  const bool current = handle && (sqlite3_errcode(handle.get()) & 0xff) == (rc & 0xff);
  return describe(rc, current ? sqlite3_errmsg(handle.get()) : sqlite3_errstr(rc)).within(name);
}

}  // namespace edge::store::detail
