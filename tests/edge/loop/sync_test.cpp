#include "edge/loop/sync.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/completion.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::seconds;

Task<void> wait_event(Event* event, Ctx ctx, std::vector<Status>* results) {
  const Status result = co_await event->wait(ctx);
  results->push_back(result);
}

Task<void> take(Semaphore* semaphore, Ctx ctx, int id, std::vector<int>* order) {
  const Status result = co_await semaphore->acquire(ctx);
  order->push_back(result ? id : -id);
}

class SyncTest : public testing::Test {
 protected:
  // Runs what is ready.
  void turn() { loop_.advance(Duration::zero()); }

  SimLoop loop_;
  TaskGroup group_{loop_, "test"};
  std::vector<Status> results_;
  std::vector<int> order_;
};

TEST_F(SyncTest, EventLetsEveryoneGoOn) {
  Event event(loop_);
  for (int i = 0; i < 3; ++i) group_.spawn(wait_event(&event, group_.ctx(), &results_));
  EXPECT_TRUE(results_.empty());
  event.set();
  EXPECT_TRUE(results_.empty());
  turn();
  ASSERT_EQ(results_.size(), 3U);
  for (const auto& result : results_) EXPECT_TRUE(result);
  group_.spawn(wait_event(&event, group_.ctx(), &results_));
  EXPECT_EQ(results_.size(), 4U);  // set already: no wait
}

TEST_F(SyncTest, EventIsUsedAgainAfterReset) {
  Event event(loop_);
  event.set();
  event.reset();
  EXPECT_FALSE(event.is_set());
  group_.spawn(wait_event(&event, group_.ctx(), &results_));
  EXPECT_TRUE(results_.empty());
  event.set();
  event.reset();  // who was let go stays let go
  turn();
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_TRUE(results_[0]);
}

TEST_F(SyncTest, EventWaitIsCancelled) {
  Event event(loop_);
  CancelScope scope;
  group_.spawn(wait_event(&event, scope.ctx(), &results_));
  group_.spawn(wait_event(&event, Ctx::background(), &results_));
  scope.cancel();
  turn();
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(results_[0].error().code, Code::kCancelled);
  group_.spawn(wait_event(&event, scope.ctx(), &results_));
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_EQ(results_[1].error().code, Code::kCancelled);
  event.set();
  turn();
  ASSERT_EQ(results_.size(), 3U);
  EXPECT_TRUE(results_[2]);
}

TEST_F(SyncTest, EventSetAndCancelledInOneTurnFinishesOnce) {
  Event event(loop_);
  CancelScope scope;
  group_.spawn(wait_event(&event, scope.ctx(), &results_));
  event.set();
  scope.cancel();
  turn();
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_TRUE(results_[0]);
}

TEST_F(SyncTest, SemaphoreGivesPermitsInTheOrderOfArrival) {
  Semaphore semaphore(loop_, 2);
  for (int id = 1; id <= 5; ++id) group_.spawn(take(&semaphore, group_.ctx(), id, &order_));
  EXPECT_EQ(order_, (std::vector<int>{1, 2}));
  EXPECT_FALSE(semaphore.try_acquire());
  semaphore.release();
  EXPECT_FALSE(semaphore.try_acquire());  // it belongs to the third already
  semaphore.release();
  semaphore.release();
  turn();
  EXPECT_EQ(order_, (std::vector<int>{1, 2, 3, 4, 5}));
  semaphore.release();
  EXPECT_TRUE(semaphore.try_acquire());
}

TEST_F(SyncTest, ACancelledWaiterHoldsNoPermit) {
  Semaphore semaphore(loop_, 1);
  ASSERT_TRUE(semaphore.try_acquire());
  CancelScope scope;
  group_.spawn(take(&semaphore, group_.ctx(), 1, &order_));
  group_.spawn(take(&semaphore, scope.ctx(), 2, &order_));
  group_.spawn(take(&semaphore, group_.ctx(), 3, &order_));
  scope.cancel();
  semaphore.release();
  semaphore.release();
  turn();
  EXPECT_EQ(order_, (std::vector<int>{-2, 1, 3}));
  group_.spawn(take(&semaphore, scope.ctx(), 4, &order_));
  EXPECT_EQ(order_.back(), -4);
}

TEST_F(SyncTest, APermitGivenInTheTurnOfCancellationIsHeld) {
  Semaphore semaphore(loop_, 1);
  ASSERT_TRUE(semaphore.try_acquire());
  CancelScope scope;
  group_.spawn(take(&semaphore, scope.ctx(), 1, &order_));
  semaphore.release();
  scope.cancel();
  turn();
  EXPECT_EQ(order_, std::vector<int>{1});
  EXPECT_FALSE(semaphore.try_acquire());
  semaphore.release();
  EXPECT_TRUE(semaphore.try_acquire());
}

Task<std::string> complete_from_thread(Loop* loop, std::jthread* thread) {
  Completion<std::string> completion(*loop);
  *thread = std::jthread([sender = completion.sender()]() mutable { sender.send("hello"); });
  co_return co_await completion.wait();
}

TEST_F(SyncTest, CompletionBringsAValueFromAThread) {
  std::jthread thread;
  const TimePoint begin = loop_.now();
  EXPECT_EQ(run(loop_, complete_from_thread(&loop_, &thread)), "hello");
  EXPECT_EQ(loop_.now(), begin);
}

Task<std::string> complete_before_wait(Loop* loop) {
  Completion<std::string> completion(*loop);
  completion.sender().send("early");
  loop->post([] {});
  const Status slept = co_await sleep_for(*loop, Ctx::background(), seconds(1));
  EXPECT_TRUE(slept);
  co_return co_await completion.wait();
}

TEST_F(SyncTest, CompletionMayComeFirst) {
  EXPECT_EQ(run(loop_, complete_before_wait(&loop_)), "early");
}

TEST_F(SyncTest, CompletionMayBeDroppedBeforeTheValueComes) {
  auto completion = std::make_unique<Completion<int>>(loop_);
  auto sender = completion->sender();
  completion.reset();
  sender.send(1);
  turn();
}

Task<void> abandon(Completion<int>* completion, Ctx ctx, std::vector<int>* order) {
  const auto value = co_await completion->wait_or_abandon(ctx);
  order->push_back(value.value_or(-1));
}

TEST_F(SyncTest, AnAbandonedCompletionTakesItsValueLater) {
  Completion<int> completion(loop_);
  CancelScope scope;
  group_.spawn(abandon(&completion, scope.ctx(), &order_));
  scope.cancel();
  turn();
  EXPECT_EQ(order_, std::vector<int>{-1});
  completion.sender().send(5);
  turn();
  EXPECT_EQ(order_, std::vector<int>{-1});
}

}  // namespace
}  // namespace edge
