// Parts of SQLite that no statement here uses: full text search, R-trees, tables about the file
// and about statements.
//
// SQLite registers them for every connection; what is found here instead of in its archive is not
// linked from there. Weak, for archives that are made of one piece. Source: SQLite's main.c,
// sqlite3BuiltinExtensions.
#include <sqlite3.h>

// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

[[gnu::weak]] int sqlite3Fts3Init(sqlite3* /*db*/) {
  return SQLITE_OK;
}
[[gnu::weak]] int sqlite3Fts5Init(sqlite3* /*db*/) {
  return SQLITE_OK;
}
[[gnu::weak]] int sqlite3RtreeInit(sqlite3* /*db*/) {
  return SQLITE_OK;
}
[[gnu::weak]] int sqlite3DbstatRegister(sqlite3* /*db*/) {
  return SQLITE_OK;
}
[[gnu::weak]] int sqlite3StmtVtabInit(sqlite3* /*db*/) {
  return SQLITE_OK;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
