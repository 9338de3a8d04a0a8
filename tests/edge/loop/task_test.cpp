#include "edge/loop/task.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/uv_loop.h"
#include "tests/support/turn.h"

namespace edge {
namespace {

using test::next_turn;

Task<int> value_of(int value) {
  co_return value;
}

Task<std::string> text_after_turns(Loop* loop, int turns) {
  for (int i = 0; i < turns; ++i) co_await next_turn(loop);
  co_return "after " + std::to_string(turns);
}

Task<std::unique_ptr<int>> move_only(Loop* loop) {
  auto held = std::make_unique<int>(7);
  co_await next_turn(loop);
  co_return held;
}

Task<void> note(std::vector<int>* notes, int value) {
  notes->push_back(value);
  co_return;
}

// Both loops, since a task must not know which one it is on.
template <class L>
class TaskTest : public testing::Test {
 protected:
  L loop_;
};
using Loops = testing::Types<SimLoop, UvLoop>;
TYPED_TEST_SUITE(TaskTest, Loops);

TYPED_TEST(TaskTest, GivesAValue) {
  EXPECT_EQ(run(this->loop_, value_of(42)), 42);
}

TYPED_TEST(TaskTest, GivesAValueAfterSuspensions) {
  EXPECT_EQ(run(this->loop_, text_after_turns(&this->loop_, 3)), "after 3");
}

TYPED_TEST(TaskTest, GivesAMoveOnlyValue) {
  auto value = run(this->loop_, move_only(&this->loop_));
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, 7);
}

TYPED_TEST(TaskTest, IsLazy) {
  std::vector<int> notes;
  auto task = note(&notes, 1);
  EXPECT_TRUE(notes.empty());
  run(this->loop_, std::move(task));
  EXPECT_EQ(notes, std::vector<int>{1});
}

TYPED_TEST(TaskTest, MayBeDroppedBeforeItStarts) {
  std::vector<int> notes;
  {
    const auto task = note(&notes, 1);
  }
  EXPECT_TRUE(notes.empty());
}

TYPED_TEST(TaskTest, MovedTaskRunsOnce) {
  std::vector<int> notes;
  auto first = note(&notes, 1);
  auto second = note(&notes, 2);
  second = std::move(first);  // drops the unstarted second
  run(this->loop_, std::move(second));
  EXPECT_EQ(notes, std::vector<int>{1});
}

Task<int> throw_at_first_line() {
  throw std::runtime_error("first line");
  co_return 1;
}

Task<int> throw_after_suspension(Loop* loop) {
  co_await next_turn(loop);
  throw std::runtime_error("after suspension");
}

Task<int> pass_on(Loop* loop) {
  const int value = co_await throw_after_suspension(loop);
  co_return value + 1;
}

Task<std::string> catch_from_child(Loop* loop) {
  std::string caught;
  try {
    const int value = co_await pass_on(loop);
    caught = std::to_string(value);
  } catch (const std::runtime_error& failure) {
    caught = failure.what();
  }
  co_await next_turn(loop);
  co_return "caught " + caught;
}

template <class T>
std::string thrown_by(Loop& loop, Task<T> task) {
  try {
    run(loop, std::move(task));
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "nothing";
}

TYPED_TEST(TaskTest, ThrowsFromTheFirstLine) {
  EXPECT_EQ(thrown_by(this->loop_, throw_at_first_line()), "first line");
}

TYPED_TEST(TaskTest, ThrowsAfterASuspension) {
  EXPECT_EQ(thrown_by(this->loop_, throw_after_suspension(&this->loop_)), "after suspension");
}

TYPED_TEST(TaskTest, ThrowsThroughAParent) {
  EXPECT_EQ(thrown_by(this->loop_, pass_on(&this->loop_)), "after suspension");
}

TYPED_TEST(TaskTest, ParentCatchesFromAChildAndGoesOn) {
  EXPECT_EQ(run(this->loop_, catch_from_child(&this->loop_)), "caught after suspension");
}

struct Tracker {
  Tracker(std::vector<std::string>* into, std::string what) : log(into), name(std::move(what)) {}
  ~Tracker() { log->push_back(name); }
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;
  std::vector<std::string>* log;
  std::string name;
};

Task<void> hold(Loop* loop, std::vector<std::string>* log, std::shared_ptr<Tracker> argument) {
  const Tracker local(log, "local");
  co_await next_turn(loop);
  log->push_back("end of " + argument->name);
}

Task<void> hold_through_await(Loop* loop, std::vector<std::string>* log) {
  co_await hold(loop, log, std::make_shared<Tracker>(log, "argument"));
  log->push_back("parent");
}

TYPED_TEST(TaskTest, DestroysFrameOnceAndBeforeTheParentGoesOn) {
  std::vector<std::string> log;
  run(this->loop_, hold_through_await(&this->loop_, &log));
  const std::vector<std::string> expected{"end of argument", "local", "argument", "parent"};
  EXPECT_EQ(log, expected);
}

Task<std::string> await_named(Loop* loop) {
  auto first = text_after_turns(loop, 2);
  auto second = value_of(5);
  const std::string text = co_await first;
  const int value = co_await second;
  co_return text + " " + std::to_string(value);
}

TYPED_TEST(TaskTest, NamedTasksAreAwaitedAsTheyStand) {
  EXPECT_EQ(run(this->loop_, await_named(&this->loop_)), "after 2 5");
}

Task<long> sum_of_synchronous(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) {
    const int value = co_await value_of(i & 1);
    sum += value;
  }
  co_return sum;
}

TYPED_TEST(TaskTest, AMillionSynchronousCompletionsUseNoStack) {
  EXPECT_EQ(run(this->loop_, sum_of_synchronous(1'000'000)), 500'000);
}

Task<int> after_one_turn(Loop* loop) {
  co_await next_turn(loop);
  co_return 1;
}

Task<long> sum_of_suspended(Loop* loop, int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) {
    const int value = co_await after_one_turn(loop);
    sum += value;
  }
  co_return sum;
}

TYPED_TEST(TaskTest, ManySuspendedCompletionsUseNoStack) {
  EXPECT_EQ(run(this->loop_, sum_of_suspended(&this->loop_, 200'000)), 200'000);
}

Task<long> throw_and_catch(int count) {
  long caught = 0;
  for (int i = 0; i < count; ++i) {
    try {
      const int value = co_await throw_at_first_line();
      caught -= value;
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }
  co_return caught;
}

TYPED_TEST(TaskTest, ManySynchronousExceptionsUseNoStack) {
  EXPECT_EQ(run(this->loop_, throw_and_catch(20'000)), 20'000);
}

Task<int> depth(Loop* loop, int left) {
  if (left == 0) {
    co_await next_turn(loop);
    co_return 0;
  }
  const int below = co_await depth(loop, left - 1);
  co_return below + 1;
}

TYPED_TEST(TaskTest, AChainOfSuspendedParentsUnwindsWithoutStack) {
  EXPECT_EQ(run(this->loop_, depth(&this->loop_, 1000)), 1000);
}

// What everyday code looks like: the shapes that a miscompiling compiler destroys twice.
Task<std::string> join(std::string a, std::string b) {
  co_return a + b;
}

Task<std::string> everyday_shapes(Loop* loop) {
  std::string text = co_await join(std::string(40, 'a'), "b");
  for (const auto* piece : {"c", "d"}) {
    text = co_await join(std::move(text), piece);
    co_await next_turn(loop);
  }
  if (text.size() > 3) co_return co_await join(text.substr(39), "e");
  co_return text;
}

TYPED_TEST(TaskTest, EverydayShapes) {
  EXPECT_EQ(run(this->loop_, everyday_shapes(&this->loop_)), "abcde");
}

Task<void> drop_started(Loop* loop) {
  auto* child = new Task<int>(after_one_turn(loop));
  auto awaiter = (*child).operator co_await();
  awaiter.await_suspend(std::noop_coroutine());
  delete child;
  co_return;
}

TEST(TaskDeathTest, DroppingAStartedTaskEndsTheProcess) {
  EXPECT_DEATH(
      {
        SimLoop loop;
        run(loop, drop_started(&loop));
      },
      "a task was destroyed while it was waiting");
}

}  // namespace
}  // namespace edge
