#include "edge/loop/uv_loop.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "edge/loop/buffer.h"

namespace edge {
namespace {

UvLoop* owner_of(const uv_handle_t* handle) noexcept {
  return static_cast<UvLoop*>(handle->loop->data);
}

}  // namespace

UvLoop::UvLoop() : buffers_(std::make_unique<BufferPool>()) {
  // A write to a peer that has gone is an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&loop_);
  loop_.data = this;
  uv_async_init(&loop_, &async_, [](uv_async_t* handle) noexcept {
    owner_of(reinterpret_cast<uv_handle_t*>(handle))->take_posts();
  });
  // Callbacks of libuv only store and schedule; coroutines run here, before and after each poll.
  uv_prepare_init(&loop_, &prepare_);
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) noexcept {
    on_ready(owner_of(reinterpret_cast<uv_handle_t*>(handle)));
  });
  uv_check_init(&loop_, &check_);
  uv_check_start(&check_, [](uv_check_t* handle) noexcept {
    on_ready(owner_of(reinterpret_cast<uv_handle_t*>(handle)));
  });
  uv_timer_init(&loop_, &timer_);
}

UvLoop::~UvLoop() {
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&async_), reinterpret_cast<uv_handle_t*>(&prepare_),
        reinterpret_cast<uv_handle_t*>(&check_), reinterpret_cast<uv_handle_t*>(&timer_)}) {
    uv_close(handle, nullptr);
  }
  // An open handle would keep the last run from ending.
  bool open = false;
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void* found) noexcept {
        if (uv_is_closing(handle) == 0) *static_cast<bool*>(found) = true;
      },
      &open);
  if (!open) {
    uv_run(&loop_, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop_) == 0) return;
  }
  std::fputs("edge: the loop was destroyed with open handles:\n", stderr);
  uv_print_all_handles(&loop_, stderr);
  std::abort();
}

TimePoint UvLoop::now() const {
  return turn_ == TimePoint() ? TimePoint(Duration(uv_hrtime())) : turn_;
}

WallTime UvLoop::wall_now() const {
  return std::chrono::system_clock::now();
}

void UvLoop::post(std::move_only_function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posts_.empty();
    posts_.push_back(std::move(work));
  }
  if (first) uv_async_send(&async_);
}

void UvLoop::take_posts() {
  std::deque<std::move_only_function<void()>> posts;
  {
    const std::lock_guard lock(mutex_);
    posts.swap(posts_);
  }
  for (auto& work : posts) work();
}

void UvLoop::on_ready(UvLoop* self) noexcept {
  self->turn_ = self->now();
  self->run_ready();
  self->turn_ = TimePoint();
  // What ran before the poll may have been the last thing to wait for.
  if (self->stop_ != nullptr && (*self->stop_)()) uv_stop(&self->loop_);
}

void UvLoop::timers_changed() noexcept {
  const TimePoint current = now();
  const Duration left = next_timer() > current ? next_timer() - current : Duration::zero();
  // libuv counts from the start of the turn; a turn that took long must not shorten the wait.
  uv_update_time(&loop_);
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* handle) noexcept {
        auto* self = owner_of(reinterpret_cast<uv_handle_t*>(handle));
        self->run_timers();
        if (self->has_timers()) self->timers_changed();
      },
      static_cast<std::uint64_t>(whole.count()), 0);
}

void UvLoop::run_until(const std::function<bool()>& stop) {
  run_ready();
  stop_ = &stop;
  while (!stop()) uv_run(&loop_, UV_RUN_ONCE);
  stop_ = nullptr;
}

}  // namespace edge
