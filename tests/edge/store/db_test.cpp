#include "edge/store/db.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

class DbTest : public testing::Test {
 protected:
  Db open(const DbOptions& options = {}) {
    auto db = Db::open(path_, options);
    EXPECT_TRUE(db) << db.error().message;
    return std::move(*db);
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("data.db");
};

constexpr std::string_view kTable = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB) STRICT";

TEST_F(DbTest, BindsAndReadsEveryType) {
  Db db = open();
  ASSERT_TRUE(db.run("CREATE TABLE t(i INT, r REAL, s TEXT, b BLOB, n TEXT) STRICT"));
  const std::string with_zero("a\0b", 3);
  ASSERT_TRUE(db.run("INSERT INTO t VALUES(?,?,?,?,?)", std::int64_t{1} << 40, 1.5, with_zero,
                     Blob{with_zero}, std::nullopt));
  ASSERT_TRUE(db.run("INSERT INTO t VALUES(?,?,?,?,?)", 7, 2.0, "", Blob{{}},
                     std::optional<std::string>("x")));
  auto rows = db.query("SELECT i, r, s, b, n FROM t ORDER BY i DESC");
  ASSERT_TRUE(rows);
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), std::int64_t{1} << 40);
  EXPECT_EQ(rows->real(1), 1.5);
  EXPECT_EQ(rows->text(2), with_zero);
  EXPECT_EQ(rows->text(3), with_zero);
  EXPECT_TRUE(rows->is_null(4));
  ASSERT_TRUE(*rows->step());
  EXPECT_FALSE(rows->is_null(2)) << "an empty text is not NULL";
  EXPECT_FALSE(rows->is_null(3)) << "empty bytes are not NULL";
  EXPECT_EQ(rows->text(4), "x");
  EXPECT_FALSE(*rows->step());
}

TEST_F(DbTest, StatementsAreKeptAndMayOverlap) {
  Db db = open();
  ASSERT_TRUE(db.run(kTable));
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(db.run("INSERT INTO t(id) VALUES(?)", i));
  auto outer = db.query("SELECT id FROM t WHERE id>=? ORDER BY id", 1);
  ASSERT_TRUE(*outer->step());
  {
    auto inner = db.query("SELECT id FROM t WHERE id>=? ORDER BY id", 3);
    ASSERT_TRUE(*inner->step());
    EXPECT_EQ(inner->integer(0), 3);
  }
  ASSERT_TRUE(*outer->step());
  EXPECT_EQ(outer->integer(0), 2);
}

TEST_F(DbTest, SurvivesTheDurabilityPragmas) {
  Db db = open();
  EXPECT_EQ(db.integer("PRAGMA synchronous")->value(), 3);
  EXPECT_EQ(db.integer("PRAGMA wal_autocheckpoint")->value(), 0);
  EXPECT_EQ(db.integer("PRAGMA page_size")->value(), 4096);
  EXPECT_EQ(db.integer("PRAGMA auto_vacuum")->value(), 2);
  EXPECT_EQ(db.integer("PRAGMA mmap_size")->value_or(0), 0);
  auto journal = db.query("PRAGMA journal_mode");
  ASSERT_TRUE(*journal->step());
  EXPECT_EQ(journal->text(0), "wal");
}

TEST_F(DbTest, UniqueViolationIsAlreadyExists) {
  Db db = open();
  ASSERT_TRUE(db.run(kTable));
  ASSERT_TRUE(db.run("INSERT INTO t(id) VALUES(1)"));
  const auto again = db.run("INSERT INTO t(id) VALUES(1)");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_NE(again.error().message.find("data.db: refused"), std::string::npos)
      << again.error().message;
}

TEST_F(DbTest, WrongSqlAndWrongArgumentsAreInternal) {
  Db db = open();
  EXPECT_EQ(db.run("SELEC 1").error().code, Code::kInternal);
  EXPECT_EQ(db.run("SELECT ?", 1, 2).error().code, Code::kInternal);
}

TEST_F(DbTest, NotADatabaseIsDataLossAndNamesTheFile) {
  FILE* file = std::fopen(path_.c_str(), "w");
  std::fputs(std::string(8192, 'x').c_str(), file);
  std::fclose(file);
  const auto db = Db::open(path_);
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Code::kDataLoss);
  EXPECT_NE(db.error().message.find(path_), std::string::npos);
}

TEST_F(DbTest, MissingFolderIsUnavailable) {
  const auto db = Db::open(dir_.file("none/data.db"));
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Code::kUnavailable);
}

TEST_F(DbTest, QuotaFullStillDeletes) {
  Db db = open({.quota_bytes = 64 * 4096});
  ASSERT_TRUE(db.run(kTable));
  const std::string body(2000, 'b');
  Status inserted;
  int rows = 0;
  while ((inserted = db.run("INSERT INTO t(a) VALUES(?)", body))) ++rows;
  EXPECT_EQ(inserted.error().code, Code::kResourceExhausted);
  EXPECT_EQ(db.failure(), Db::Failure::kFull);
  EXPECT_GT(rows, 60);
  ASSERT_TRUE(db.run("DELETE FROM t WHERE id<=20"));
  EXPECT_TRUE(db.run("INSERT INTO t(a) VALUES(?)", body));
}

TEST_F(DbTest, ReaderSeesWhatWasCommittedAndCannotWrite) {
  Db writer = open();
  ASSERT_TRUE(writer.run(kTable));
  Db reader = open({.access = Access::kReadOnly});
  ASSERT_TRUE(writer.run("BEGIN IMMEDIATE"));
  ASSERT_TRUE(writer.run("INSERT INTO t(a) VALUES('x')"));
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t")->value(), 0);
  ASSERT_TRUE(writer.run("COMMIT"));
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t")->value(), 1);
  EXPECT_FALSE(reader.run("DELETE FROM t"));
}

TEST_F(DbTest, CheckpointEmptiesTheLog) {
  Db db = open();
  ASSERT_TRUE(db.run(kTable));
  EXPECT_GT(db.wal_bytes(), 0);
  ASSERT_TRUE(db.checkpoint(Db::Checkpoint::kTruncate));
  EXPECT_EQ(db.wal_bytes(), 0);
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0);
}

TEST_F(DbTest, InMemoryWorksWithoutFiles) {
  auto db = Db::open(":memory:");
  ASSERT_TRUE(db) << db.error().message;
  ASSERT_TRUE(db->run(kTable));
  ASSERT_TRUE(db->run("INSERT INTO t(a) VALUES('x')"));
  EXPECT_EQ(db->integer("SELECT count(*) FROM t")->value(), 1);
}

TEST_F(DbTest, RollbackJournalWhereNoLogIsPossible) {
  Db db = open({.journal = Journal::kRollback});
  ASSERT_TRUE(db.run(kTable));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(DbTest, DefinedFunctionServesSql) {
  Db db = open();
  ASSERT_TRUE(db.define(
      "twice", [](std::string_view text) { return std::string(text) + std::string(text); }));
  auto rows = db.query("SELECT twice(?)", "ab");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->text(0), "abab");
}

}  // namespace
}  // namespace edge::store
