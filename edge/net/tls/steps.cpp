#include "edge/net/tls/steps.h"

#include <deque>
#include <mutex>

#include "edge/loop/blocking.h"

namespace edge::tls {
namespace {

class Queue {
 public:
  void add(UvLoop& loop, std::move_only_function<void()> step) {
    {
      const std::lock_guard lock(mutex_);
      steps_.push_back(std::move(step));
      if (draining_) return;
      draining_ = true;
    }
    detail::queue_blocking(loop, [this] { drain(); });
  }

 private:
  void drain() {
    while (true) {
      std::move_only_function<void()> step;
      {
        const std::lock_guard lock(mutex_);
        draining_ = !steps_.empty();
        if (!draining_) return;
        step = std::move(steps_.front());
        steps_.pop_front();
      }
      step();
    }
  }

  std::mutex mutex_;
  std::deque<std::move_only_function<void()>> steps_;
  bool draining_ = false;
};

}  // namespace

void queue_step(UvLoop& loop, std::move_only_function<void()> step) {
  static Queue queue;
  queue.add(loop, std::move(step));
}

}  // namespace edge::tls
