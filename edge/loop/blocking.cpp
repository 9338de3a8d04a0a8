#include "edge/loop/blocking.h"

namespace edge::detail {
namespace {

struct Job {
  uv_work_t request{};
  std::move_only_function<void()> work;
};

}  // namespace

void queue_blocking(UvLoop& loop, std::move_only_function<void()> work) {
  auto* job = new Job{{}, std::move(work)};
  job->request.data = job;
  uv_queue_work(
      loop.uv(), &job->request,
      [](uv_work_t* request) { static_cast<Job*>(request->data)->work(); },
      [](uv_work_t* request, int) { delete static_cast<Job*>(request->data); });
}

}  // namespace edge::detail
