#include "edge/loop/path_watcher.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/support/timing.h"

namespace edge {
namespace {

class PathWatcherTest : public ::testing::Test {
 protected:
  // What came, or kUnknown for a change.
  Code next(PathWatcher& watcher, Duration limit) {
    auto wait = [](UvLoop* loop, PathWatcher* waited, Duration time) -> Task<Code> {
      DeadlineScope scope(*loop, Ctx::background(), time);
      auto changed = co_await waited->next(scope.ctx());
      co_return changed ? Code::kUnknown : changed.error().code;
    };
    return run(loop_, wait(&loop_, &watcher, limit));
  }

  test::TempDir directory_;
  UvLoop loop_;
};

TEST_F(PathWatcherTest, TellsOfANewFileAndOfAChangedOne) {
  directory_.write("old", "text");
  PathWatcher watcher(loop_, {directory_.path()});
  directory_.write("new", "text");
  EXPECT_EQ(next(watcher, test::kLimit), Code::kUnknown);
  directory_.write("old", "text");
  EXPECT_EQ(next(watcher, test::kLimit), Code::kUnknown);
  std::filesystem::remove(directory_.file("new"));
  EXPECT_EQ(next(watcher, test::kLimit), Code::kUnknown);
}

TEST_F(PathWatcherTest, AFileMayBeWatchedByItself) {
  directory_.write("one", "text");
  PathWatcher watcher(loop_, {directory_.file("one")});
  directory_.write("one", "text");
  EXPECT_EQ(next(watcher, test::kLimit), Code::kUnknown);
}

TEST_F(PathWatcherTest, APathThatIsNotThereIsLeftOut) {
  PathWatcher watcher(loop_, {directory_.file("missing")});
  EXPECT_EQ(next(watcher, std::chrono::milliseconds(2)), Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace edge
