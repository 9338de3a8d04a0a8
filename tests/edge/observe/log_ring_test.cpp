#include "edge/observe/log_ring.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "edge/loop/uv_loop.h"

namespace edge::observe {
namespace {

using log::Level;

void add(LogRing& ring, std::string_view text, Level level = Level::kInfo,
         std::string_view app = "") {
  ring.append({level, app, text});
}

std::string all(const LogRing& ring, const LogFilter& filter = {}, std::size_t tail = SIZE_MAX) {
  LogRing::Cursor cursor = ring.cursor(tail, filter);
  return ring.read(cursor, filter, LogRing::kBytes);
}

class LogRingTest : public testing::Test {
 protected:
  SimLoop loop{1};
  LogRing ring{loop};
};

TEST_F(LogRingTest, GivesLinesInTheirOrder) {
  EXPECT_EQ(all(ring), "");
  add(ring, "one");
  add(ring, "two");
  EXPECT_EQ(all(ring), "one\ntwo\n");
}

TEST_F(LogRingTest, FiltersByLevelAndApp) {
  add(ring, "quiet", Level::kDebug, "lamp");
  add(ring, "loud", Level::kError, "lamp");
  add(ring, "other", Level::kError, "speaker");
  EXPECT_EQ(all(ring, {Level::kWarning, ""}), "loud\nother\n");
  EXPECT_EQ(all(ring, {Level::kDebug, "lamp"}), "quiet\nloud\n");
}

TEST_F(LogRingTest, TheTailCountsLinesThatFit) {
  for (int i = 0; i < 5; ++i) {
    add(ring, "lamp " + std::to_string(i), Level::kInfo, "lamp");
    add(ring, "noise", Level::kInfo, "speaker");
  }
  EXPECT_EQ(all(ring, {Level::kDebug, "lamp"}, 2), "lamp 3\nlamp 4\n");
  EXPECT_EQ(all(ring, {}, 0), "");
}

TEST_F(LogRingTest, ReadsInPieces) {
  for (int i = 0; i < 10; ++i) add(ring, "0123456789");
  LogRing::Cursor cursor = ring.cursor(SIZE_MAX, {});
  EXPECT_EQ(ring.read(cursor, {}, 20).size(), 22U);
  EXPECT_EQ(ring.read(cursor, {}, LogRing::kBytes).size(), 88U);
  EXPECT_EQ(ring.read(cursor, {}, LogRing::kBytes), "");
}

TEST(LogRingBounds, TheOldestGoAndASlowReaderIsTold) {
  SimLoop loop{1};
  LogRing ring(loop, 2000);
  add(ring, "first");
  LogRing::Cursor cursor = ring.cursor(SIZE_MAX, {});
  for (int i = 0; i < 1000; ++i) add(ring, "line " + std::to_string(i));
  const std::string read = ring.read(cursor, {}, LogRing::kBytes);
  EXPECT_LT(read.size(), 2000U);
  EXPECT_TRUE(read.ends_with("line 998\nline 999\n"));
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(read, '\n'));
  EXPECT_EQ(cursor.lost, 1001U - lines);
  EXPECT_EQ(ring.read(cursor, {}, LogRing::kBytes), "");
  EXPECT_EQ(cursor.lost, 0U);
}

TEST(LogRingBounds, ALineLongerThanTheRingIsLeftOut) {
  SimLoop loop{1};
  LogRing ring(loop, 1000);
  add(ring, "kept");
  add(ring, std::string(2000, 'x'));
  EXPECT_EQ(all(ring), "kept\n");
}

Task<void> follow(LogRing* ring, Ctx ctx, std::string* out, Status* end) {
  LogRing::Cursor cursor = ring->cursor(0, {});
  while (true) {
    auto more = co_await ring->wait(ctx, &cursor);
    if (!more) {
      *end = more;
      co_return;
    }
    out->append(ring->read(cursor, {}, LogRing::kBytes));
  }
}

Task<void> end_after(UvLoop* loop, LogRing* ring, std::string* out, Status* end) {
  TaskGroup group(*loop, "readers");
  group.spawn(follow(ring, group.ctx(), out, end));
  std::thread writer([ring] {
    for (int i = 0; i < 1000; ++i) add(*ring, "x");
  });
  while (out->size() < 2000) {
    auto slept = co_await sleep_for(*loop, Ctx::background(), std::chrono::milliseconds(1));
    if (!slept) break;
  }
  writer.join();
  ring->close();
  co_await group.wait();
}

TEST(LogRingFollowing, LinesOfAnotherThreadWakeTheReader) {
  UvLoop loop;
  LogRing ring(loop);
  std::string out;
  Status end;
  run(loop, end_after(&loop, &ring, &out, &end));
  EXPECT_EQ(out.size(), 2000U);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::kUnavailable);
}

Task<void> cancel_one(SimLoop* loop, LogRing* ring, Status* end) {
  std::string out;
  TaskGroup group(*loop, "readers");
  group.spawn(follow(ring, group.ctx(), &out, end));
  co_await group.close();
}

TEST_F(LogRingTest, AReaderCanBeCancelled) {
  Status end;
  run(loop, cancel_one(&loop, &ring, &end));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::kCancelled);
}

TEST_F(LogRingTest, FollowersAreBounded) {
  for (std::size_t i = 0; i < LogRing::kFollowers; ++i) EXPECT_TRUE(ring.enter());
  EXPECT_FALSE(ring.enter());
  ring.leave();
  EXPECT_TRUE(ring.enter());
}

TEST_F(LogRingTest, TakesTheLog) {
  log::capture([](std::string_view) {});
  ring.record();
  log::warn("edge.test", "careful", {{"app", "lamp"}});
  log::debug("edge.test", "not at this level");
  log::capture(nullptr);
  const std::string lines = all(ring, {Level::kDebug, "lamp"});
  EXPECT_TRUE(lines.starts_with("{\"app\":\"lamp\",\"level\":\"warning\",\"msg\":\"careful\""))
      << lines;
  EXPECT_EQ(all(ring), lines);
}

}  // namespace
}  // namespace edge::observe
