// The loop that every coroutine runs on: a queue of ready coroutines, timers, and a clock.
//
// UvLoop drives sockets, files and threads with libuv; SimLoop drives tests with a clock that
// jumps. All methods but post() belong to the loop's thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <vector>

#include "edge/base/random.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge {

// A one-shot timer; intrusive, owned by whoever waits. Destroying it disarms it.
class Timer {
 public:
  explicit Timer(Loop& loop) noexcept : loop_(&loop) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces an earlier deadline.
  void arm(TimePoint when);
  void disarm() noexcept;
  [[nodiscard]] bool armed() const noexcept { return slot_ != kNoSlot; }
  // Legal while armed().
  [[nodiscard]] TimePoint when() const noexcept { return when_; }

 protected:
  ~Timer() { disarm(); }
  // Runs on the loop, no earlier than the deadline; the timer is disarmed by then.
  virtual void expired() noexcept = 0;

 private:
  friend class Loop;
  static constexpr std::size_t kNoSlot = static_cast<std::size_t>(-1);
  Loop* loop_;
  TimePoint when_;
  std::size_t slot_ = kNoSlot;
};

class Loop : public Clock {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The coroutine runs in this turn of the loop, after those that are ready already.
  void schedule(std::coroutine_handle<> coroutine) { ready_.push_back(coroutine); }

  // The one thread-safe entry: has `work` run on the loop's thread, soon.
  virtual void post(std::move_only_function<void()> work) = 0;

  [[nodiscard]] virtual Random& random() noexcept = 0;

  // How many coroutines wait for another thread's post(): simulated time stands still for them.
  void begin_foreign_wait() noexcept { ++foreign_waits_; }
  void end_foreign_wait() noexcept { --foreign_waits_; }

  // Runs until `stop` says so, looked at between turns.
  virtual void run_until(const std::function<bool()>& stop) = 0;

 protected:
  // Runs what is ready, and what becomes ready meanwhile.
  void run_ready();
  // Fires the timers that are due.
  void run_timers();
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
  [[nodiscard]] bool has_timers() const noexcept { return !heap_.empty(); }
  [[nodiscard]] TimePoint next_timer() const noexcept { return heap_.front()->when_; }
  [[nodiscard]] std::size_t foreign_waits() const noexcept { return foreign_waits_; }
  // The earliest deadline has changed.
  virtual void timers_changed() noexcept = 0;

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer) noexcept;
  void sift_up(std::size_t slot) noexcept;
  void sift_down(std::size_t slot) noexcept;
  void place(std::size_t slot, Timer* timer) noexcept;

  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::size_t foreign_waits_ = 0;
  std::vector<Timer*> heap_;  // a binary heap by deadline
};

// Waits. Errors: kCancelled or kDeadlineExceeded, when `ctx` ends first.
Task<Status> sleep_for(Loop& loop, Ctx ctx, Duration duration);

// A scope that ends by itself after a time, with kDeadlineExceeded.
class DeadlineScope final : public Timer {
 public:
  DeadlineScope(Loop& loop, Ctx parent, Duration timeout);
  [[nodiscard]] Ctx ctx() noexcept { return scope_.ctx(); }
  [[nodiscard]] CancelScope& scope() noexcept { return scope_; }

 private:
  void expired() noexcept override { scope_.cancel(Code::kDeadlineExceeded); }
  CancelScope scope_;
};

namespace detail {

template <class T>
Task<void> store_result(Task<T> task, std::optional<T>* out) {
  T result = co_await std::move(task);
  out->emplace(std::move(result));
}

}  // namespace detail

// Runs `task` to its end on the loop, from outside of it: for main and tests.
// An exception of the task is thrown here.
void run(Loop& loop, Task<void> task);

template <class T>
T run(Loop& loop, Task<T> task) {
  std::optional<T> result;
  run(loop, detail::store_result<T>(std::move(task), &result));
  return std::move(*result);
}

}  // namespace edge
