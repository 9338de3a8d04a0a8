// UvLoop: the loop of a real process, on libuv.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include <uv.h>

#include "edge/loop/loop.h"

namespace edge {

class BufferPool;

// One a process (or one a thread). Its destructor closes what is still open and checks that libuv
// holds nothing more.
class UvLoop final : public Loop {
 public:
  UvLoop();
  ~UvLoop() override;

  // Stands still while tasks run, until the next poll: a request asks often, and the clock costs.
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  void post(std::move_only_function<void()> work) override;
  [[nodiscard]] Random& random() noexcept override { return random_; }
  void run_until(const std::function<bool()>& stop) override;

  // For this folder's own wrappers.
  [[nodiscard]] uv_loop_t* uv() noexcept { return &loop_; }
  [[nodiscard]] BufferPool& buffers() noexcept { return *buffers_; }

 private:
  static void on_ready(UvLoop* self) noexcept;
  void timers_changed() noexcept override;
  void take_posts();

  uv_loop_t loop_{};
  TimePoint turn_;  // when the tasks that run now began to; zero outside of them
  const std::function<bool()>* stop_ = nullptr;
  uv_async_t async_{};
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_timer_t timer_{};
  SystemRandom random_;
  std::unique_ptr<BufferPool> buffers_;
  std::mutex mutex_;
  std::deque<std::move_only_function<void()>> posts_;
};

}  // namespace edge
