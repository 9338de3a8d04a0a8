#include "edge/loop/ctx.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::next_turn;

struct CountingHook final : CancelHook {
  void fired(Code reason) noexcept override {
    ++times;
    last = reason;
  }
  int times = 0;
  Code last = Code::kUnknown;
};

struct PlainWaiter final : Waiter {
  using Waiter::Waiter;
};

Task<void> park(PlainWaiter* waiter, Ctx ctx, int* resumed) {
  ParkAwaiter awaiter{*waiter, ctx};
  co_await awaiter;
  ++*resumed;
}

Task<void> sleep_into(Loop* loop, Ctx ctx, Duration duration, std::vector<Status>* results) {
  const Status result = co_await sleep_for(*loop, ctx, duration);
  results->push_back(result);
}

TEST(CtxTest, BackgroundIsNeverCancelled) {
  const Ctx ctx = Ctx::background();
  EXPECT_FALSE(ctx.cancelled());
  EXPECT_TRUE(ctx.check());
}

TEST(CtxTest, TheLongestDeadlineIsNotOver) {
  SimLoop loop(1);
  DeadlineScope limit(loop, Ctx::background(), Duration::max());
  std::vector<Status> results;
  run(loop, sleep_into(&loop, limit.ctx(), seconds(1), &results));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0]);
}

TEST(CtxTest, CancelFiresEveryHookOnce) {
  CancelScope scope;
  std::array<CountingHook, 5> hooks;
  for (auto& hook : hooks) scope.ctx().link(hook);
  hooks[1].unlink();
  hooks[4].unlink();
  hooks[4].unlink();
  scope.cancel(Code::kDeadlineExceeded);
  scope.cancel(Code::kCancelled);
  EXPECT_EQ(hooks[0].times, 1);
  EXPECT_EQ(hooks[1].times, 0);
  EXPECT_EQ(hooks[2].times, 1);
  EXPECT_EQ(hooks[3].times, 1);
  EXPECT_EQ(hooks[4].times, 0);
  EXPECT_EQ(hooks[0].last, Code::kDeadlineExceeded);
  EXPECT_EQ(scope.reason(), Code::kDeadlineExceeded);
}

TEST(CtxTest, ErrorsSayWhy) {
  CancelScope cancelled;
  cancelled.cancel();
  EXPECT_EQ(cancelled.ctx().check().error().code, Code::kCancelled);
  EXPECT_EQ(cancelled.ctx().error().message, "context canceled");
  CancelScope late;
  late.cancel(Code::kDeadlineExceeded);
  EXPECT_EQ(late.ctx().error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(late.ctx().error().message, "context deadline exceeded");
}

TEST(CtxTest, ChildrenAreCancelledWithTheParentAndNotTheReverse) {
  CancelScope parent;
  CancelScope child(parent.ctx());
  CancelScope sibling(parent.ctx());
  CancelScope grandchild(child.ctx());
  child.cancel();
  EXPECT_TRUE(grandchild.cancelled());
  EXPECT_FALSE(parent.cancelled());
  EXPECT_FALSE(sibling.cancelled());
  parent.cancel(Code::kDeadlineExceeded);
  EXPECT_TRUE(sibling.cancelled());
  EXPECT_EQ(sibling.reason(), Code::kDeadlineExceeded);
  EXPECT_EQ(grandchild.reason(), Code::kCancelled);
}

TEST(CtxTest, ChildOfACancelledParentStartsCancelled) {
  CancelScope parent;
  parent.cancel(Code::kDeadlineExceeded);
  CancelScope child(parent.ctx());
  EXPECT_TRUE(child.ctx().cancelled());
  EXPECT_EQ(child.ctx().error().code, Code::kDeadlineExceeded);
}

TEST(CtxTest, AScopeThatEndsLeavesItsParent) {
  CancelScope parent;
  {
    const CancelScope child(parent.ctx());
  }
  parent.cancel();
  EXPECT_TRUE(parent.cancelled());
}

TEST(CtxTest, TraceIsPassedOnToChildScopes) {
  const Trace trace{"00-abc-def-01", "", "lane=blue"};
  CancelScope parent;
  const Ctx traced = parent.ctx().with_trace(trace);
  CancelScope child(traced);
  ASSERT_NE(child.ctx().trace(), nullptr);
  EXPECT_EQ(child.ctx().trace()->baggage, "lane=blue");
  EXPECT_EQ(parent.ctx().trace(), nullptr);
}

TEST(CtxTest, CancelBeforeStartFinishesAtOnce) {
  SimLoop loop;
  const TimePoint begin = loop.now();
  CancelScope scope;
  scope.cancel();
  const Status result = run(loop, sleep_for(loop, scope.ctx(), seconds(10)));
  EXPECT_EQ(result.error().code, Code::kCancelled);
  EXPECT_EQ(loop.now(), begin);
}

Task<void> cancel_while_waiting(Loop* loop, std::vector<Status>* results) {
  CancelScope scope;
  TaskGroup group(*loop, "sleepers");
  for (int i = 0; i < 3; ++i) group.spawn(sleep_into(loop, scope.ctx(), seconds(10), results));
  co_await next_turn(loop);
  EXPECT_TRUE(results->empty());
  scope.cancel();
  scope.cancel();
  EXPECT_TRUE(results->empty());  // cancelling schedules; it does not run user code
  co_await group.wait();
}

TEST(CtxTest, CancelWhileWaitingFinishesEveryWaiterOnce) {
  SimLoop loop;
  std::vector<Status> results;
  const TimePoint begin = loop.now();
  run(loop, cancel_while_waiting(&loop, &results));
  ASSERT_EQ(results.size(), 3U);
  for (const auto& result : results) EXPECT_EQ(result.error().code, Code::kCancelled);
  EXPECT_EQ(loop.now(), begin);
}

// Completion first, then cancellation, before the coroutine has run: it runs once.
Task<void> complete_then_cancel(Loop* loop, int* resumed) {
  CancelScope scope;
  PlainWaiter waiter(*loop);
  TaskGroup group(*loop, "parked");
  group.spawn(park(&waiter, scope.ctx(), resumed));
  EXPECT_TRUE(waiter.parked());
  EXPECT_TRUE(waiter.wake());
  scope.cancel();
  EXPECT_FALSE(waiter.wake());
  co_await group.wait();
}

Task<void> cancel_then_complete(Loop* loop, int* resumed) {
  CancelScope scope;
  PlainWaiter waiter(*loop);
  TaskGroup group(*loop, "parked");
  group.spawn(park(&waiter, scope.ctx(), resumed));
  scope.cancel();
  EXPECT_FALSE(waiter.wake());
  scope.cancel();
  co_await group.wait();
}

TEST(CtxTest, CancelInTheTurnOfCompletionResumesOnce) {
  SimLoop loop;
  int resumed = 0;
  run(loop, complete_then_cancel(&loop, &resumed));
  EXPECT_EQ(resumed, 1);
  run(loop, cancel_then_complete(&loop, &resumed));
  EXPECT_EQ(resumed, 2);
}

Task<Status> sleep_under(Loop* loop, Duration sleep, Duration timeout) {
  DeadlineScope deadline(*loop, Ctx::background(), timeout);
  co_return co_await sleep_for(*loop, deadline.ctx(), sleep);
}

TEST(CtxTest, DeadlineEndsTheWait) {
  SimLoop loop;
  const TimePoint begin = loop.now();
  const Status result = run(loop, sleep_under(&loop, seconds(10), milliseconds(250)));
  EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(loop.now() - begin, milliseconds(250));
}

TEST(CtxTest, DeadlineThatIsNotReachedChangesNothing) {
  SimLoop loop;
  const TimePoint begin = loop.now();
  EXPECT_TRUE(run(loop, sleep_under(&loop, milliseconds(249), milliseconds(250))));
  EXPECT_EQ(loop.now() - begin, milliseconds(249));
}

// Whichever of two equal timers fires first, the wait ends once and says either.
TEST(CtxTest, TimeoutInTheSameTurnAsCompletionFinishesOnce) {
  SimLoop loop;
  for (int i = 0; i < 8; ++i) {
    const Status result = run(loop, sleep_under(&loop, milliseconds(5), milliseconds(5)));
    if (!result) EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
  }
}

TEST(CtxTest, ATimeoutOfNothingIsOverAtOnce) {
  SimLoop loop;
  const Status result = run(loop, sleep_under(&loop, seconds(1), Duration::zero()));
  EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
}

Task<Status> nested_deadlines(Loop* loop, Duration outer, Duration inner) {
  DeadlineScope first(*loop, Ctx::background(), outer);
  DeadlineScope second(*loop, first.ctx(), inner);
  co_return co_await sleep_for(*loop, second.ctx(), seconds(60));
}

TEST(CtxTest, TheEarlierOfNestedDeadlinesCounts) {
  SimLoop loop;
  TimePoint begin = loop.now();
  EXPECT_FALSE(run(loop, nested_deadlines(&loop, seconds(1), seconds(2))));
  EXPECT_EQ(loop.now() - begin, seconds(1));
  begin = loop.now();
  EXPECT_FALSE(run(loop, nested_deadlines(&loop, seconds(3), seconds(2))));
  EXPECT_EQ(loop.now() - begin, seconds(2));
}

}  // namespace
}  // namespace edge
