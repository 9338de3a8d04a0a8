#include "edge/loop/sim_loop.h"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/completion.h"
#include "edge/loop/task_group.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct NotingTimer final : Timer {
  NotingTimer(Loop& loop, std::vector<int>* notes_in, int id_in)
      : Timer(loop), notes(notes_in), id(id_in) {}
  void expired() noexcept override { notes->push_back(id); }
  std::vector<int>* notes;
  int id;
};

Task<void> sleep_and_note(Loop* loop, Duration duration, std::vector<int>* notes, int id) {
  const Status result = co_await sleep_for(*loop, Ctx::background(), duration);
  EXPECT_TRUE(result);
  notes->push_back(id);
}

Task<void> sleep_all(Loop* loop, std::vector<int> delays, std::vector<int>* notes) {
  TaskGroup group(*loop, "sleepers");
  for (const int delay : delays) {
    group.spawn(sleep_and_note(loop, milliseconds(delay), notes, delay));
  }
  co_await group.wait();
}

TEST(SimLoopTest, TimeJumpsToTheNextTimer) {
  SimLoop loop;
  std::vector<int> notes;
  const TimePoint begin = loop.now();
  const WallTime wall = loop.wall_now();
  run(loop, sleep_all(&loop, {30, 10, 20, 3'600'000}, &notes));
  EXPECT_EQ(notes, (std::vector<int>{10, 20, 30, 3'600'000}));
  EXPECT_EQ(loop.now() - begin, hours(1));
  EXPECT_EQ(loop.wall_now() - wall, hours(1));
}

TEST(SimLoopTest, TimersFireInOrderOfTheirDeadlines) {
  SimLoop loop;
  std::vector<int> notes;
  std::vector<std::unique_ptr<NotingTimer>> timers;
  for (int i = 0; i < 500; ++i) {
    const int when = (i * 7919) % 499;
    timers.push_back(std::make_unique<NotingTimer>(loop, &notes, when));
    timers.back()->arm(loop.now() + milliseconds(when));
  }
  for (int i = 0; i < 500; i += 5) timers[i]->disarm();
  for (int i = 3; i < 500; i += 10) timers[i].reset();
  loop.advance(seconds(1));
  EXPECT_EQ(notes.size(), 350U);
  EXPECT_TRUE(std::is_sorted(notes.begin(), notes.end()));
  for (const auto& timer : timers) EXPECT_TRUE(timer == nullptr || !timer->armed());
}

TEST(SimLoopTest, ArmingAgainReplacesTheDeadline) {
  SimLoop loop;
  std::vector<int> notes;
  NotingTimer timer(loop, &notes, 1);
  timer.arm(loop.now() + seconds(1));
  timer.arm(loop.now() + seconds(5));
  loop.advance(seconds(4));
  EXPECT_TRUE(notes.empty());
  timer.arm(loop.now() + milliseconds(1));
  loop.advance(milliseconds(1));
  EXPECT_EQ(notes, std::vector<int>{1});
  loop.advance(seconds(10));
  EXPECT_EQ(notes, std::vector<int>{1});
}

TEST(SimLoopTest, AdvanceStopsWhereItWasTold) {
  SimLoop loop;
  std::vector<int> notes;
  NotingTimer timer(loop, &notes, 1);
  const TimePoint begin = loop.now();
  timer.arm(begin + seconds(10));
  loop.advance(seconds(10) - Duration(1));
  EXPECT_TRUE(notes.empty());
  loop.advance(Duration(1));
  EXPECT_EQ(notes.size(), 1U);
  EXPECT_EQ(loop.now() - begin, seconds(10));
}

Task<void> slow_thread_and_timer(Loop* loop, std::jthread* thread, std::vector<int>* notes) {
  TaskGroup group(*loop, "timer");
  group.spawn(sleep_and_note(loop, hours(1), notes, 2));
  Completion<int> completion(*loop);
  *thread = std::jthread([sender = completion.sender()]() mutable {
    std::this_thread::yield();
    sender.send(1);
  });
  const int value = co_await completion.wait();
  notes->push_back(value);
  co_await group.wait();
}

TEST(SimLoopTest, TimeStandsStillForAnotherThread) {
  SimLoop loop;
  std::vector<int> notes;
  std::jthread thread;
  run(loop, slow_thread_and_timer(&loop, &thread, &notes));
  EXPECT_EQ(notes, (std::vector<int>{1, 2}));
}

TEST(SimLoopTest, TheSameSeedGivesTheSameNumbers) {
  SimLoop first(7);
  SimLoop same(7);
  SimLoop other(8);
  const auto number = first.random().next_u64();
  EXPECT_EQ(number, same.random().next_u64());
  EXPECT_NE(number, other.random().next_u64());
}

Task<void> wait_for_nothing(Loop* loop) {
  struct Never final : Waiter {
    using Waiter::Waiter;
  } never(*loop);
  ParkAwaiter awaiter{never, Ctx::background()};
  co_await awaiter;
}

TEST(SimLoopDeathTest, AHangIsSaidAtOnce) {
  EXPECT_DEATH(
      {
        SimLoop loop;
        run(loop, wait_for_nothing(&loop));
      },
      "nothing left to run");
}

}  // namespace
}  // namespace edge
