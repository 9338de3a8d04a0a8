#include "edge/store/checker.h"

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "edge/store/files.h"
#include "edge/store/open_file.h"
#include "edge/store/writer.h"
#include "tests/support/temp_dir.h"

namespace edge::store {
namespace {

constexpr Duration kNow{0};
constexpr Duration kNever = std::chrono::hours(1);

Status make(Db& db) {
  return db.script("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT) STRICT");
}

class CheckerTest : public testing::Test {
 protected:
  void fill(int rows) {
    auto db = Db::open(path_);
    ASSERT_TRUE(db);
    ASSERT_TRUE(make(*db));
    ASSERT_TRUE(
        db->run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?)"
                " INSERT INTO t SELECT i, printf('%d%.*c', i, 200, 'b') FROM n",
                rows));
  }

  void destroy_page_with(const std::string& text) {
    const auto at = test::read_file(path_).find(text);
    ASSERT_NE(at, std::string::npos);
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at / 4096 * 4096));
    file << std::string(4096, '\xa5');
  }

  void wait_for_note() {
    while (!file_exists(unchecked_)) std::this_thread::yield();
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("data.db");
  std::string unchecked_ = path_ + ".unchecked";
};

TEST_F(CheckerTest, ASoundFileIsReadOnce) {
  fill(1000);
  ASSERT_TRUE(note_unchecked(path_));
  Checker checker({.delay = kNow});
  ASSERT_TRUE(checker.start(path_, [] { ADD_FAILURE(); }));
  while (file_exists(unchecked_)) std::this_thread::yield();
  EXPECT_FALSE(is_marked_damaged(path_));
}

TEST_F(CheckerTest, DamageIsMarkedAndTold) {
  fill(1000);
  destroy_page_with("500bbbb");
  std::promise<bool> marked;
  Checker checker({.delay = kNow});
  ASSERT_TRUE(checker.start(path_, [&] { marked.set_value(is_marked_damaged(path_)); }));
  EXPECT_TRUE(marked.get_future().get());
  EXPECT_FALSE(file_exists(unchecked_));
}

TEST_F(CheckerTest, StopsAtOnceAndIsRepeatedByTheNextStart) {
  fill(1000);
  {
    Checker waits({.delay = kNever});
    ASSERT_TRUE(waits.start(path_, [] { ADD_FAILURE(); }));
    wait_for_note();
  }
  EXPECT_TRUE(file_exists(unchecked_));
  auto opened = open_file(path_, {.schema = make});
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->report.check_due);
}

// What was not read looks lost.
TEST_F(CheckerTest, AnInterruptIsNotDamage) {
  fill(100'000);
  for (int round = 0; round < 5; ++round) {
    Checker checker({.delay = kNow, .pause = kNow});
    ASSERT_TRUE(checker.start(path_, [] { ADD_FAILURE(); }));
    wait_for_note();
    for (int i = 0; i < round * 100; ++i) {
      checker.yield();
      std::this_thread::yield();
    }
  }
  EXPECT_FALSE(is_marked_damaged(path_));
}

class WriterCheckTest : public CheckerTest {
 protected:
  void open(Duration delay) {
    OpenOptions how;
    how.schema = make;
    how.check_limit_bytes = 4096;
    std::promise<OpenReport> report;
    auto writer = Writer::open(path_, how, {.check_delay = delay},
                               [&](Result<OpenReport> opened) { report.set_value(*opened); });
    ASSERT_TRUE(writer);
    writer_ = std::move(*writer);
    EXPECT_TRUE(report.get_future().get().check_due);
  }

  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterCheckTest, DamageInALargeFileIsRepairedWhileItIsUsed) {
  fill(1000);
  destroy_page_with("500bbbb");
  ASSERT_TRUE(create_marker(path_ + "-wal"));
  open(kNow);
  while (writer_->generation() == 0) std::this_thread::yield();
  std::promise<std::int64_t> rows;
  ASSERT_TRUE(writer_->submit(
      [&](Db& db) {
        rows.set_value(db.integer("SELECT count(*) FROM t")->value_or(0));
        return check(db);
      },
      [](const Status& sound) { EXPECT_TRUE(sound); }));
  EXPECT_GT(rows.get_future().get(), 900);
}

TEST_F(WriterCheckTest, AStopAmidTheCheckIsOrderly) {
  fill(100'000);
  ASSERT_TRUE(create_marker(path_ + "-wal"));
  open(kNow);
  wait_for_note();
  writer_.reset();
  EXPECT_FALSE(file_exists(path_ + "-wal"));
}

}  // namespace
}  // namespace edge::store
