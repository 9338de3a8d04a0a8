#include "edge/loop/loop.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace edge {

void Timer::arm(TimePoint when) {
  disarm();
  when_ = when;
  loop_->insert(*this);
}

void Timer::disarm() noexcept {
  if (armed()) loop_->remove(*this);
}

void Loop::run_ready() {
  while (!ready_.empty()) {
    running_.swap(ready_);
    for (auto coroutine : running_) coroutine.resume();
    running_.clear();
  }
}

void Loop::run_timers() {
  const TimePoint due = now();
  while (!heap_.empty() && heap_.front()->when_ <= due) {
    Timer* timer = heap_.front();
    remove(*timer);
    timer->expired();
  }
}

void Loop::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.slot_ = heap_.size() - 1;
  sift_up(timer.slot_);
  if (heap_.front() == &timer) timers_changed();
}

void Loop::remove(Timer& timer) noexcept {
  const std::size_t slot = timer.slot_;
  timer.slot_ = Timer::kNoSlot;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(slot, last);
  sift_up(slot);
  sift_down(last->slot_);
}

void Loop::place(std::size_t slot, Timer* timer) noexcept {
  heap_[slot] = timer;
  timer->slot_ = slot;
}

void Loop::sift_up(std::size_t slot) noexcept {
  Timer* timer = heap_[slot];
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (heap_[parent]->when_ <= timer->when_) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, timer);
}

void Loop::sift_down(std::size_t slot) noexcept {
  Timer* timer = heap_[slot];
  while (true) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->when_ < heap_[child]->when_) ++child;
    if (timer->when_ <= heap_[child]->when_) break;
    place(slot, heap_[child]);
    slot = child;
  }
  place(slot, timer);
}

namespace {

// The last time there is, where `after` reaches further.
TimePoint later(TimePoint from, Duration after) noexcept {
  const bool reaches_on = after > Duration::zero() && from > TimePoint::max() - after;
  return reaches_on ? TimePoint::max() : from + after;
}

class SleepTimer final : public Timer, public Waiter {
 public:
  explicit SleepTimer(Loop& loop) : Timer(loop), Waiter(loop) {}

 private:
  void expired() noexcept override { wake(); }
};

struct SleepAwaiter {
  SleepTimer& timer;
  const Ctx& ctx;
  TimePoint when;

  [[nodiscard]] bool await_ready() const noexcept { return ctx.cancelled(); }
  void await_suspend(std::coroutine_handle<> coroutine) {
    timer.park(ctx, coroutine);
    timer.arm(when);
  }
  void await_resume() const noexcept { timer.disarm(); }
};

struct Root {
  struct promise_type {
    Root get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

Root start_root(Task<void> task, bool* done, std::exception_ptr* failure) {
  try {
    co_await std::move(task);
  } catch (...) {
    *failure = std::current_exception();
  }
  *done = true;
}

Task<Status> sleep_on(Loop* loop, Ctx ctx, Duration duration) {
  SleepTimer timer(*loop);
  const TimePoint when = later(loop->now(), duration);
  SleepAwaiter awaiter{timer, ctx, when};
  co_await awaiter;
  co_return ctx.check();
}

}  // namespace

Task<Status> sleep_for(Loop& loop, Ctx ctx, Duration duration) {
  return sleep_on(&loop, ctx, duration);
}

DeadlineScope::DeadlineScope(Loop& loop, Ctx parent, Duration timeout)
    : Timer(loop), scope_(parent) {
  arm(later(loop.now(), timeout));
}

void run(Loop& loop, Task<void> task) {
  bool done = false;
  std::exception_ptr failure;
  start_root(std::move(task), &done, &failure);
  loop.run_until([&done] { return done; });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace edge
