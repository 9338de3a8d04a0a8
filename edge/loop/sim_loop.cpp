#include "edge/loop/sim_loop.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace edge {

void SimLoop::post(std::move_only_function<void()> work) {
  const std::lock_guard lock(mutex_);
  posts_.push_back(std::move(work));
  posted_.notify_one();
}

void SimLoop::take_posts() {
  std::deque<std::move_only_function<void()>> posts;
  {
    const std::lock_guard lock(mutex_);
    posts.swap(posts_);
  }
  for (auto& work : posts) work();
}

void SimLoop::wait_for_post() {
  std::unique_lock lock(mutex_);
  posted_.wait(lock, [this] { return !posts_.empty(); });
}

void SimLoop::run_until(const std::function<bool()>& stop) {
  while (true) {
    take_posts();
    run_ready();
    if (stop()) return;
    if (has_ready()) continue;
    if (foreign_waits() > 0) {
      wait_for_post();
    } else if (has_timers()) {
      if (next_timer() > now_) now_ = next_timer();
      run_timers();
    } else {
      std::fputs("edge: simulated loop has nothing left to run\n", stderr);
      std::abort();
    }
  }
}

void SimLoop::advance(Duration duration) {
  const TimePoint end = now_ + duration;
  take_posts();
  run_ready();
  while (has_timers() && next_timer() <= end) {
    if (next_timer() > now_) now_ = next_timer();
    run_timers();
    run_ready();
  }
  now_ = end;
}

}  // namespace edge
