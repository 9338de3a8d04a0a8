// Parts of SQLite that no statement here uses: full text search, R-trees, tables about the file
// and about statements, JSON; foreign keys (which SQLite leaves unenforced unless asked), ANALYZE,
// and libraries loaded at run time.
//
// SQLite calls them for every connection or table; what is found here instead of in its archive is
// not linked from there. Weak, for archives that are made of one piece. Source: SQLite 3.40's
// main.c, sqlite3BuiltinExtensions; func.c, json.c, fkey.c, analyze.c, loadext.c.
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

[[gnu::weak]] void sqlite3RegisterJsonFunctions() {}
[[gnu::weak]] int sqlite3JsonTableFunctions(sqlite3* /*db*/) {
  return SQLITE_OK;
}

// No table has a foreign key: nothing to require, to check or to do.
[[gnu::weak]] int sqlite3FkRequired() {
  return 0;
}
[[gnu::weak]] unsigned sqlite3FkOldmask() {
  return 0;
}
[[gnu::weak]] int sqlite3FkLocateIndex() {
  return SQLITE_ERROR;
}
[[gnu::weak]] void sqlite3FkCheck() {}
[[gnu::weak]] void sqlite3FkActions() {}
[[gnu::weak]] void sqlite3FkDropTable() {}
[[gnu::weak]] void sqlite3FkDelete() {}
[[gnu::weak]] void sqlite3FkClearTriggerCache() {}

[[gnu::weak]] void sqlite3Analyze() {}
[[gnu::weak]] int sqlite3AnalysisLoad() {
  return SQLITE_OK;
}
[[gnu::weak]] void sqlite3DeleteIndexSamples() {}

[[gnu::weak]] int sqlite3_load_extension(sqlite3* /*db*/, const char* /*file*/,
                                         const char* /*entry*/, char** /*message*/) {
  return SQLITE_ERROR;
}
[[gnu::weak]] void sqlite3_reset_auto_extension() {}
[[gnu::weak]] void sqlite3AutoLoadExtensions() {}
[[gnu::weak]] void sqlite3CloseExtensions() {}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
