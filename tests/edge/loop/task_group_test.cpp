#include "edge/loop/task_group.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/sync.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::next_turn;

struct Tally {
  int finished = 0;
  int cancelled = 0;
};

Task<void> sleeper(Loop* loop, Ctx ctx, Duration duration, Tally* tally) {
  const Status result = co_await sleep_for(*loop, ctx, duration);
  ++(result ? tally->finished : tally->cancelled);
}

Task<void> fails(Loop* loop, int turns) {
  for (int i = 0; i < turns; ++i) co_await next_turn(loop);
  throw std::runtime_error("boom");
}

Task<void> throws_a_number() {
  throw 42;
  co_return;
}

class TaskGroupTest : public testing::Test {
 protected:
  TaskGroupTest() {
    log::capture([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~TaskGroupTest() override { log::capture(nullptr); }

  SimLoop loop_;
  Tally tally_;
  std::vector<std::string> lines_;
};

Task<void> close_mixed(Loop* loop, Tally* tally) {
  TaskGroup group(*loop, "mixed");
  group.spawn(sleeper(loop, group.ctx(), seconds(1), tally));   // finishes before close
  group.spawn(sleeper(loop, group.ctx(), seconds(60), tally));  // waits still
  group.spawn(sleeper(loop, group.ctx(), seconds(90), tally));
  group.spawn(fails(loop, 0));
  group.spawn(fails(loop, 3));
  EXPECT_EQ(group.running(), 4U);
  const Status slept = co_await sleep_for(*loop, Ctx::background(), seconds(2));
  EXPECT_TRUE(slept);
  EXPECT_EQ(group.running(), 2U);
  co_await group.close();
  EXPECT_EQ(group.running(), 0U);
  EXPECT_EQ(group.failed(), 2U);
}

TEST_F(TaskGroupTest, CloseWithWaitingFailingAndFinishedTasks) {
  run(loop_, close_mixed(&loop_, &tally_));
  EXPECT_EQ(tally_.finished, 1);
  EXPECT_EQ(tally_.cancelled, 2);
  ASSERT_EQ(lines_.size(), 2U);
  for (const auto& line : lines_) {
    EXPECT_NE(line.find("boom"), std::string::npos) << line;
    EXPECT_NE(line.find("mixed"), std::string::npos) << line;
  }
}

Task<void> close_empty(Loop* loop) {
  TaskGroup group(*loop, "empty");
  co_await group.close();
  co_await group.close();
  co_await group.wait();
}

TEST_F(TaskGroupTest, ClosingAnEmptyGroupEndsAtOnce) {
  run(loop_, close_empty(&loop_));
}

Task<void> wait_cancels_nothing(Loop* loop, Tally* tally) {
  TaskGroup group(*loop, "waiting");
  for (int i = 1; i <= 5; ++i) group.spawn(sleeper(loop, group.ctx(), seconds(i), tally));
  co_await group.wait();
}

TEST_F(TaskGroupTest, WaitCancelsNothing) {
  const TimePoint begin = loop_.now();
  run(loop_, wait_cancels_nothing(&loop_, &tally_));
  EXPECT_EQ(tally_.finished, 5);
  EXPECT_EQ(loop_.now() - begin, seconds(5));
}

Task<void> wait_two_seconds(Loop* loop, Tally* tally) {
  TaskGroup group(*loop, "waiting for a while");
  for (int i = 1; i <= 5; ++i) group.spawn(sleeper(loop, group.ctx(), seconds(i), tally));
  DeadlineScope limit(*loop, Ctx::background(), milliseconds(2500));
  co_await group.wait(limit.ctx());
}

TEST_F(TaskGroupTest, WaitCancelsWhatRunsWhenItsTimeIsUp) {
  const TimePoint begin = loop_.now();
  run(loop_, wait_two_seconds(&loop_, &tally_));
  EXPECT_EQ(tally_.finished, 2);
  EXPECT_EQ(tally_.cancelled, 3);
  EXPECT_EQ(loop_.now() - begin, milliseconds(2500));
}

Task<void> follow_parent(Loop* loop, Tally* tally) {
  CancelScope parent;
  TaskGroup group(*loop, "child", parent.ctx());
  group.spawn(sleeper(loop, group.ctx(), seconds(60), tally));
  parent.cancel();
  co_await group.wait();
}

TEST_F(TaskGroupTest, IsCancelledWithItsParent) {
  const TimePoint begin = loop_.now();
  run(loop_, follow_parent(&loop_, &tally_));
  EXPECT_EQ(tally_.cancelled, 1);
  EXPECT_EQ(loop_.now(), begin);
}

Task<void> spawn_after_close(Loop* loop, Tally* tally) {
  TaskGroup group(*loop, "late");
  co_await group.close();
  group.spawn(sleeper(loop, group.ctx(), seconds(60), tally));
  EXPECT_EQ(group.running(), 0U);
}

TEST_F(TaskGroupTest, ATaskSpawnedAfterCloseStartsCancelled) {
  run(loop_, spawn_after_close(&loop_, &tally_));
  EXPECT_EQ(tally_.cancelled, 1);
}

// Ends in the turn in which the group falls idle, and spawns a task that needs one turn more.
Task<void> spawn_another(Loop* loop, TaskGroup* group, Event* go, Tally* tally) {
  const Status result = co_await go->wait(Ctx::background());
  EXPECT_TRUE(result);
  group->spawn(sleeper(loop, Ctx::background(), seconds(1), tally));
}

Task<void> wait_for(Event* go) {
  const Status result = co_await go->wait(Ctx::background());
  EXPECT_TRUE(result);
}

Task<void> spawn_in_the_idle_turn(Loop* loop, Tally* tally) {
  Event go(*loop);
  TaskGroup group(*loop, "group");
  TaskGroup outside(*loop, "outside");
  group.spawn(wait_for(&go));
  outside.spawn(spawn_another(loop, &group, &go, tally));
  go.set();
  co_await group.close();
  EXPECT_EQ(group.running(), 0U);
  co_await outside.close();
}

TEST_F(TaskGroupTest, CloseWaitsForATaskSpawnedInTheTurnInWhichItFellIdle) {
  run(loop_, spawn_in_the_idle_turn(&loop_, &tally_));
  EXPECT_EQ(tally_.finished, 1);
}

Task<void> wait_twice(Loop* loop, Tally* tally) {
  TaskGroup group(*loop, "group");
  TaskGroup waiters(*loop, "waiters");
  group.spawn(sleeper(loop, group.ctx(), seconds(1), tally));
  waiters.spawn(group.wait());
  waiters.spawn(group.wait());
  co_await group.wait();
  co_await waiters.wait();
}

TEST_F(TaskGroupTest, SeveralMayWait) {
  run(loop_, wait_twice(&loop_, &tally_));
  EXPECT_EQ(tally_.finished, 1);
}

Task<void> spawn_many(Loop* loop, int count, Tally* tally) {
  TaskGroup group(*loop, "many");
  for (int i = 0; i < count; ++i) {
    group.spawn(sleeper(loop, group.ctx(), seconds(i % 7), tally));
  }
  const Status slept = co_await sleep_for(*loop, Ctx::background(), seconds(3));
  EXPECT_TRUE(slept);
  co_await group.close();
}

TEST_F(TaskGroupTest, ManyTasksEndExactlyOnce) {
  run(loop_, spawn_many(&loop_, 7000, &tally_));
  EXPECT_EQ(tally_.finished + tally_.cancelled, 7000);
  EXPECT_GE(tally_.cancelled, 3000);
}

TEST_F(TaskGroupTest, AnyExceptionIsCaught) {
  TaskGroup group(loop_, "odd");
  group.spawn(throws_a_number());
  EXPECT_EQ(group.failed(), 1U);
  EXPECT_EQ(group.running(), 0U);
  EXPECT_EQ(lines_.size(), 1U);
}

TEST(TaskGroupDeathTest, DestroyingABusyGroupEndsTheProcess) {
  EXPECT_DEATH(
      {
        SimLoop loop;
        Tally tally;
        TaskGroup group(loop, "busy");
        group.spawn(sleeper(&loop, group.ctx(), seconds(1), &tally));
      },
      "task group busy destroyed with 1 tasks running");
}

}  // namespace
}  // namespace edge
