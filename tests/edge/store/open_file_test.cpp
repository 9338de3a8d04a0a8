#include "edge/store/open_file.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "edge/store/files.h"
#include "edge/store/migrate.h"
#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

constexpr std::array<std::string_view, 1> kSteps = {
    "CREATE TABLE q(seq INTEGER PRIMARY KEY, body TEXT) STRICT;"
    "CREATE TABLE s(key TEXT NOT NULL PRIMARY KEY, body TEXT) STRICT;"
    "CREATE TABLE c(a TEXT, b TEXT, body TEXT, PRIMARY KEY(a,b)) STRICT, WITHOUT ROWID"};

constexpr int kRows = 5000;

class OpenFileTest : public testing::Test {
 protected:
  Result<Opened> open() {
    OpenOptions options;
    options.now = WallTime(std::chrono::seconds(1'780'000'000));
    options.check_limit_bytes = check_limit_;
    options.progress = [this] { ++beats_; };
    options.schema = [](Db& db) { return migrate(db, kSteps); };
    return open_file(path_, options);
  }

  Opened must_open() {
    auto opened = open();
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  void fill() {
    auto opened = must_open();
    Db& db = opened.db;
    ASSERT_TRUE(db.run("BEGIN"));
    for (int i = 0; i < kRows; ++i) {
      const std::string body = std::to_string(i) + std::string(100, 'b');
      ASSERT_TRUE(db.run("INSERT INTO q(body) VALUES(?)", "q" + body));
      ASSERT_TRUE(db.run("INSERT INTO s VALUES(?,?)", "key" + std::to_string(i), "s" + body));
      ASSERT_TRUE(db.run("INSERT INTO c VALUES('a',?,?)", i, "c" + body));
    }
    ASSERT_TRUE(db.run("COMMIT"));
  }

  // Overwrites the page in the middle of a table, found by what it holds.
  void destroy_page_with(const std::string& text) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), {});
    const auto at = content.find(text);
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at / 4096 * 4096));
    file << std::string(4096, '\xa5');
  }

  // Makes the text that begins so a value of bytes: one bit less in its type, which stands before.
  void flip_type_of(const std::string& text) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    const auto at = content.find(text);
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at - 1));
    file.put(static_cast<char>(content[at - 1] ^ 1));
  }

  void leave_a_log() { ASSERT_TRUE(create_marker(path_ + "-wal")); }

  static std::int64_t count(Db& db, const std::string& table) {
    return db.integer("SELECT count(*) FROM " + table)->value();
  }

  static const SalvagedTable& salvaged(const OpenReport& report, std::string_view name) {
    for (const auto& table : report.salvaged) {
      if (table.name == name) return table;
    }
    ADD_FAILURE() << "no table " << name;
    return report.salvaged.front();
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("data.db");
  std::int64_t check_limit_ = 32 << 20;
  int beats_ = 0;
};

TEST_F(OpenFileTest, AnOrderlyStopIsClean) {
  fill();
  const auto opened = must_open();
  EXPECT_FALSE(opened.report.unclean);
  EXPECT_EQ(opened.report.damage, "");
  EXPECT_EQ(beats_, 0);
}

TEST_F(OpenFileTest, ASoundFileAfterACrashIsKept) {
  fill();
  leave_a_log();
  auto opened = must_open();
  EXPECT_TRUE(opened.report.unclean);
  EXPECT_EQ(opened.report.damage, "");
  EXPECT_EQ(count(opened.db, "q"), kRows);
}

TEST_F(OpenFileTest, ALostPageCostsOnlyItsRows) {
  fill();
  destroy_page_with("q2500bbbb");
  leave_a_log();
  auto opened = must_open();
  EXPECT_NE(opened.report.damage, "");
  EXPECT_EQ(opened.report.set_aside, path_ + ".bad-20260528T202640Z");
  EXPECT_TRUE(file_exists(opened.report.set_aside));
  const auto& table = salvaged(opened.report, "q");
  EXPECT_EQ(table.gaps, 1);
  EXPECT_EQ(table.rows, count(opened.db, "q"));
  EXPECT_GT(table.rows, kRows - 60);
  EXPECT_LT(table.rows, kRows);
  EXPECT_EQ(count(opened.db, "s"), kRows);
  EXPECT_EQ(count(opened.db, "c"), kRows);
  EXPECT_EQ(opened.db.integer("SELECT max(seq) FROM q")->value(), kRows);
  EXPECT_GE(beats_, 1);
}

TEST_F(OpenFileTest, ALostPageOfEachKindOfTable) {
  fill();
  destroy_page_with("s2500bbbb");
  destroy_page_with("c2500bbbb");
  leave_a_log();
  auto opened = must_open();
  EXPECT_GT(salvaged(opened.report, "s").rows, kRows - 60);
  EXPECT_GT(salvaged(opened.report, "c").rows, kRows - 60);
  EXPECT_EQ(salvaged(opened.report, "q").rows, kRows);
  EXPECT_TRUE(check(opened.db));
}

TEST_F(OpenFileTest, LostFirstMiddleAndLastPage) {
  fill();
  destroy_page_with("s0bbbb");
  destroy_page_with("s2500bbbb");
  destroy_page_with("s4999bbbb");
  leave_a_log();
  auto opened = must_open();
  EXPECT_GT(count(opened.db, "s"), kRows - 150);
  EXPECT_EQ(salvaged(opened.report, "s").gaps, 3);
}

TEST_F(OpenFileTest, ARowThatItsTableNoLongerTakesIsLostAlone) {
  fill();
  flip_type_of("q2500bbbb");
  flip_type_of("q2600bbbb");
  leave_a_log();
  auto opened = must_open();
  EXPECT_NE(opened.report.damage, "");
  EXPECT_EQ(salvaged(opened.report, "q").rows, kRows - 2);
  EXPECT_EQ(salvaged(opened.report, "q").gaps, 2);
  EXPECT_EQ(count(opened.db, "q"), kRows - 2);
  EXPECT_EQ(count(opened.db, "s"), kRows);
}

TEST_F(OpenFileTest, TablesThatTheSchemaDoesNotKnowAreSalvagedToo) {
  fill();
  {
    auto db = Db::open(path_);
    ASSERT_TRUE(
        db->script("CREATE TABLE x(a TEXT, b TEXT); CREATE INDEX xi ON x(b);"
                   "INSERT INTO x VALUES('1','2')"));
  }
  ASSERT_TRUE(mark_damaged(path_));
  auto opened = must_open();
  EXPECT_EQ(count(opened.db, "x"), 1);
  EXPECT_EQ(opened.db.integer("SELECT count(*) FROM sqlite_schema WHERE name='xi'")->value(), 1);
}

TEST_F(OpenFileTest, SparseRowidsAreFoundAgain) {
  {
    auto opened = must_open();
    ASSERT_TRUE(opened.db.run("BEGIN"));
    for (std::int64_t i = 1; i <= 2000; ++i) {
      ASSERT_TRUE(opened.db.run("INSERT INTO q VALUES(?,?)", i * 1'000'000'007,
                                std::to_string(i) + std::string(100, 'b')));
    }
    ASSERT_TRUE(opened.db.run("COMMIT"));
  }
  destroy_page_with("1000bbbb");
  leave_a_log();
  auto opened = must_open();
  EXPECT_GT(count(opened.db, "q"), 1930);
}

TEST_F(OpenFileTest, NotADatabaseIsSetAsideAndTheHubGoesOn) {
  std::ofstream(path_) << std::string(10'000, 'x');
  auto opened = must_open();
  EXPECT_NE(opened.report.damage, "");
  EXPECT_EQ(count(opened.db, "q"), 0);
  EXPECT_EQ(file_bytes(opened.report.set_aside), 10'000);
}

TEST_F(OpenFileTest, TheSameMomentDoesNotOverwriteWhatIsSetAside) {
  std::ofstream(path_) << std::string(10'000, 'x');
  const std::string first = must_open().report.set_aside;
  ASSERT_TRUE(remove_database(path_));
  std::ofstream(path_) << std::string(10'001, 'x');
  EXPECT_NE(must_open().report.set_aside, first);
  EXPECT_EQ(file_bytes(first), 10'000);
}

TEST_F(OpenFileTest, AMarkedFileIsRebuiltAlthoughItsCheckIsSound) {
  fill();
  ASSERT_TRUE(mark_damaged(path_));
  {
    auto opened = must_open();
    EXPECT_NE(opened.report.damage, "");
    EXPECT_EQ(count(opened.db, "q"), kRows);
  }
  EXPECT_EQ(must_open().report.damage, "");
}

TEST_F(OpenFileTest, ACrashBeforeTheRenameOfTheSuccessorIsFinished) {
  fill();
  ASSERT_TRUE(replace_file(path_, path_ + ".rescued"));
  auto opened = must_open();
  EXPECT_EQ(count(opened.db, "q"), kRows);
}

TEST_F(OpenFileTest, OfFilesSetAsideEarlierOnlyTheLastIsKept) {
  const auto bad = [this](const std::string& rest) { return path_ + ".bad-" + rest; };
  for (const auto* name : {"20240101T000000Z", "20240101T000000Z-wal", "20250101T000000Z-wal",
                           "20260101T000000Z", "20260101T000000Z-wal"}) {
    ASSERT_TRUE(create_marker(bad(name)));
  }
  ASSERT_TRUE(create_marker(dir_.file("other.db.bad-20240101T000000Z")));
  fill();
  EXPECT_EQ(files_with_prefix(bad("")).size(), 5U) << "nothing to rescue";
  ASSERT_TRUE(mark_damaged(path_));
  const auto opened = must_open();
  EXPECT_TRUE(file_exists(opened.report.set_aside));
  EXPECT_TRUE(file_exists(bad("20260101T000000Z")));
  EXPECT_TRUE(file_exists(bad("20260101T000000Z-wal")));
  EXPECT_TRUE(files_with_prefix(bad("2024")).empty());
  EXPECT_TRUE(files_with_prefix(bad("2025")).empty());
  EXPECT_TRUE(file_exists(dir_.file("other.db.bad-20240101T000000Z")));
}

TEST_F(OpenFileTest, ASalvageTakesMoreSpaceThanTheFileHas) {
  ASSERT_TRUE(create_marker(path_));
  EXPECT_TRUE(has_room_to_salvage(path_));
  std::filesystem::resize_file(path_, static_cast<std::uintmax_t>(free_bytes(path_)) / 10 * 9);
  EXPECT_FALSE(has_room_to_salvage(path_)) << "a file that takes nothing so far";
}

TEST_F(OpenFileTest, ABigFileIsCheckedLater) {
  fill();
  destroy_page_with("q2500bbbb");
  leave_a_log();
  check_limit_ = 4096;
  {
    auto opened = must_open();
    EXPECT_TRUE(opened.report.check_due);
    EXPECT_EQ(check(opened.db).error().code, Code::kDataLoss);
    ASSERT_TRUE(note_unchecked(path_));
  }
  {
    const auto opened = must_open();
    EXPECT_FALSE(opened.report.unclean);
    EXPECT_TRUE(opened.report.check_due) << "it has not come to its end";
  }
  ASSERT_TRUE(forget_unchecked(path_));
  EXPECT_FALSE(must_open().report.check_due);
}

TEST_F(OpenFileTest, ALaterSchemaIsNotDamage) {
  fill();
  {
    auto db = Db::open(path_);
    ASSERT_TRUE(db->run("PRAGMA user_version=9"));
  }
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kFailedPrecondition);
}

}  // namespace
}  // namespace edge::store
