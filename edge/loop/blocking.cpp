#include "edge/loop/blocking.h"

#include <algorithm>
#include <mutex>
#include <sys/resource.h>

namespace edge::detail {
namespace {

struct Job {
  uv_work_t request{};
  std::move_only_function<void()> work;
};

// Enough for a name to be looked up; sanitizers' frames are several times as large.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr rlim_t kStackBytes = 4 << 20;
#else
constexpr rlim_t kStackBytes = 512 << 10;
#endif

// libuv makes its threads at the first request, each with a stack of the limit's size: usually
// 8 MiB, of which a 32-bit machine has not many. The limit is the old one when this has gone.
class StackLimit {
 public:
  StackLimit() : is_lowered_(::getrlimit(RLIMIT_STACK, &before_) == 0) {
    rlimit lower = before_;
    lower.rlim_cur = std::min(lower.rlim_cur, kStackBytes);
    is_lowered_ = is_lowered_ && ::setrlimit(RLIMIT_STACK, &lower) == 0;
  }
  StackLimit(const StackLimit&) = delete;
  StackLimit& operator=(const StackLimit&) = delete;
  ~StackLimit() {
    if (is_lowered_) ::setrlimit(RLIMIT_STACK, &before_);
  }

 private:
  rlimit before_{};
  bool is_lowered_;
};

void queue(uv_loop_t* loop, Job* job) {
  uv_queue_work(
      loop, &job->request,
      [](uv_work_t* request) noexcept { static_cast<Job*>(request->data)->work(); },
      [](uv_work_t* request, int) noexcept { delete static_cast<Job*>(request->data); });
}

}  // namespace

void queue_blocking(UvLoop& loop, std::move_only_function<void()> work) {
  auto* job = new Job{{}, std::move(work)};
  job->request.data = job;
  // The threads serve every loop of the process.
  static std::once_flag started;
  bool is_queued = false;
  std::call_once(started, [&] {
    const StackLimit limit;
    queue(loop.uv(), job);
    is_queued = true;
  });
  if (!is_queued) queue(loop.uv(), job);
}

}  // namespace edge::detail
