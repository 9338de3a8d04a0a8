#include "edge/loop/uv_loop.h"

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/blocking.h"
#include "edge/loop/signals.h"
#include "edge/loop/socket.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"
#include "tests/support/timing.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::next_turn;

Task<void> sleep_and_note(Loop* loop, Ctx ctx, int delay_ms, std::vector<int>* notes) {
  const TimePoint begin = loop->now();
  const Status result = co_await sleep_for(*loop, ctx, milliseconds(delay_ms));
  if (result) EXPECT_GE(loop->now() - begin, milliseconds(delay_ms));
  notes->push_back(result ? delay_ms : -delay_ms);
}

Task<void> sleep_all(Loop* loop, std::vector<int> delays, std::vector<int>* notes) {
  TaskGroup group(*loop, "sleepers");
  for (const int delay : delays) group.spawn(sleep_and_note(loop, group.ctx(), delay, notes));
  co_await group.wait();
}

TEST(UvLoopTest, TimersFireInOrderAndNotTooEarly) {
  UvLoop loop;
  std::vector<int> notes;
  run(loop, sleep_all(&loop, {40, 10, 70, 1, 20}, &notes));
  EXPECT_EQ(notes, (std::vector<int>{1, 10, 20, 40, 70}));
}

// The last thing to wait for is a timer, with nothing else to end the poll.
TEST(UvLoopTest, ASleepAloneEnds) {
  UvLoop loop;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(run(loop, sleep_for(loop, Ctx::background(), milliseconds(i))));
  }
}

Task<void> cancel_sleeper(Loop* loop, std::vector<int>* notes) {
  TaskGroup group(*loop, "sleeper");
  group.spawn(sleep_and_note(loop, group.ctx(), 3'600'000, notes));
  co_await next_turn(loop);
  co_await group.close();
}

TEST(UvLoopTest, ACancelledSleepEndsNow) {
  UvLoop loop;
  std::vector<int> notes;
  run(loop, cancel_sleeper(&loop, &notes));
  EXPECT_EQ(notes, std::vector<int>{-3'600'000});
}

Task<Status> wait_for(UvLoop* loop, Event* event) {
  DeadlineScope limit(*loop, Ctx::background(), test::kLimit);
  co_return co_await event->wait(limit.ctx());
}

TEST(UvLoopTest, PostsOfManyThreadsArriveOnceAndInEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  UvLoop loop;
  Event all(loop);
  std::vector<int> next(kThreads, 0);
  int arrived = 0;
  const auto loop_thread = std::this_thread::get_id();
  const auto arrive = [&](int thread, int post) {
    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
    EXPECT_EQ(next[thread]++, post);
    if (++arrived == kThreads * kPosts) all.set();
  };
  const auto post_all = [&](int thread) {
    for (int i = 0; i < kPosts; ++i) loop.post([&arrive, thread, i] { arrive(thread, i); });
  };
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&post_all, t] { post_all(t); });
  EXPECT_TRUE(run(loop, wait_for(&loop, &all)));
  EXPECT_EQ(arrived, kThreads * kPosts);
}

TEST(UvLoopTest, APostThatPostsRunsInALaterTurn) {
  UvLoop loop;
  Event done(loop);
  loop.post([&] { loop.post([&] { done.set(); }); });
  EXPECT_TRUE(run(loop, wait_for(&loop, &done)));
}

Task<void> run_on_worker(UvLoop* loop, int value, std::atomic<int>* most, std::vector<int>* out) {
  const auto loop_thread = std::this_thread::get_id();
  auto work = [value, loop_thread, most] {
    EXPECT_NE(std::this_thread::get_id(), loop_thread);
    ++*most;
    return value * 2;
  };
  const int result = co_await run_blocking<int>(*loop, work);
  EXPECT_EQ(std::this_thread::get_id(), loop_thread);
  out->push_back(result);
}

Task<void> run_many_on_workers(UvLoop* loop, int count, std::atomic<int>* ran,
                               std::vector<int>* out) {
  TaskGroup group(*loop, "workers");
  for (int i = 0; i < count; ++i) group.spawn(run_on_worker(loop, i, ran, out));
  co_await group.wait();
}

TEST(UvLoopTest, BlockingWorkRunsElsewhereAndComesBack) {
  UvLoop loop;
  std::atomic<int> ran = 0;
  std::vector<int> results;
  run(loop, run_many_on_workers(&loop, 100, &ran, &results));
  EXPECT_EQ(ran, 100);
  std::sort(results.begin(), results.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(results.at(i), 2 * i);
}

Task<std::unique_ptr<std::string>> move_only_from_worker(UvLoop* loop) {
  co_return co_await run_blocking<std::unique_ptr<std::string>>(
      *loop, [] { return std::make_unique<std::string>("moved"); });
}

TEST(UvLoopTest, BlockingWorkGivesAMoveOnlyValue) {
  UvLoop loop;
  EXPECT_EQ(*run(loop, move_only_from_worker(&loop)), "moved");
}

int throw_on_worker() {
  throw std::runtime_error("from a worker");
}

TEST(UvLoopTest, WhatBlockingWorkThrowsIsThrownToTheCaller) {
  UvLoop loop;
  EXPECT_THROW(run(loop, run_blocking<int>(loop, throw_on_worker)), std::runtime_error);
}

// The worker is held up until the caller has gone on without it.
Task<Code> abandon_work(UvLoop* loop, std::atomic<bool>* release) {
  DeadlineScope limit(*loop, Ctx::background(), milliseconds(5));
  auto work = [release] {
    release->wait(false);
    return 1;
  };
  const auto result = co_await run_blocking_or_abandon<int>(*loop, limit.ctx(), work);
  release->store(true);
  release->notify_all();
  co_return result ? Code::kUnknown : result.error().code;
}

TEST(UvLoopTest, AbandonedWorkEndsWithTheDeadlineAndTheLoopStillCloses) {
  std::atomic<bool> release = false;
  UvLoop loop;
  EXPECT_EQ(run(loop, abandon_work(&loop, &release)), Code::kDeadlineExceeded);
}

Task<std::vector<int>> read_signals(UvLoop* loop, std::vector<int> numbers) {
  Signals signals(*loop, {SIGUSR1, SIGTERM, SIGINT});
  DeadlineScope limit(*loop, Ctx::background(), test::kLimit);
  std::vector<int> received;
  for (const int number : numbers) {
    ::raise(number);
    const auto next = co_await signals.next(limit.ctx());
    received.push_back(next ? *next : -1);
  }
  co_return received;
}

TEST(UvLoopTest, SignalsAreRead) {
  UvLoop loop;
  const std::vector<int> numbers{SIGTERM, SIGUSR1, SIGTERM, SIGINT};
  EXPECT_EQ(run(loop, read_signals(&loop, numbers)), numbers);
}

Task<Code> cancel_signals(UvLoop* loop) {
  Signals signals(*loop, {SIGUSR2});
  DeadlineScope limit(*loop, Ctx::background(), milliseconds(2));
  const auto next = co_await signals.next(limit.ctx());
  co_return next ? Code::kUnknown : next.error().code;
}

TEST(UvLoopTest, WaitingForASignalIsCancelled) {
  UvLoop loop;
  EXPECT_EQ(run(loop, cancel_signals(&loop)), Code::kDeadlineExceeded);
}

TEST(UvLoopTest, SignalNamesAreThoseOfDaprd) {
  EXPECT_STREQ(signal_name(SIGTERM), "terminated");
  EXPECT_STREQ(signal_name(SIGINT), "interrupt");
}

// ~UvLoop ends the process where uv_loop_close does not return 0, so leaving the scope is the test.
TEST(UvLoopTest, LoopClosesAfterEveryKindOfUse) {
  for (int i = 0; i < 3; ++i) {
    UvLoop loop;
    const Signals signals(loop, {SIGUSR1});
    auto listener = Listener::tcp(loop, "127.0.0.1", 0);
    ASSERT_TRUE(listener);
    std::vector<int> notes;
    run(loop, sleep_all(&loop, {1}, &notes));
    auto client =
        run(loop, connect(loop, Ctx::background(), Address{"127.0.0.1", (*listener)->port(), ""}));
    ASSERT_TRUE(client);
    loop.post([] {});
  }
}

TEST(UvLoopTest, LoopsOnSeveralThreads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([] {
      UvLoop loop;
      std::vector<int> notes;
      run(loop, sleep_all(&loop, {3, 1, 2}, &notes));
      EXPECT_EQ(notes, (std::vector<int>{1, 2, 3}));
    });
  }
}

TEST(UvLoopDeathTest, AnOpenHandleIsSaidAndEndsTheProcess) {
  EXPECT_DEATH(
      {
        Result<std::unique_ptr<Listener>> leaked = Error{};
        UvLoop loop;
        leaked = Listener::tcp(loop, "127.0.0.1", 0);
      },
      "open handles");
}

}  // namespace
}  // namespace edge
