// SimLoop: a loop for tests whose clock jumps to the next timer, so that no test sleeps.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "edge/loop/loop.h"

namespace edge {

// Time stands still while anything is ready, or while a coroutine waits for another thread.
// run_until ends the process with a message when nothing can ever happen again: a test that would
// hang says so at once.
class SimLoop final : public Loop {
 public:
  explicit SimLoop(std::uint64_t seed = 1) : random_(seed) {}

  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override {
    return wall_origin_ + now_.time_since_epoch();
  }
  void post(std::move_only_function<void()> work) override;
  [[nodiscard]] Random& random() noexcept override { return random_; }
  void run_until(const std::function<bool()>& stop) override;

  // Lets `duration` pass, firing what falls due on the way.
  void advance(Duration duration);

 private:
  void timers_changed() noexcept override {}
  void take_posts();
  void wait_for_post();

  TimePoint now_{std::chrono::hours(1)};
  WallTime wall_origin_{std::chrono::seconds(1'780'000'000)};
  SeededRandom random_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::move_only_function<void()>> posts_;
};

}  // namespace edge
