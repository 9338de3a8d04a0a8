#include "edge/loop/sync.h"

namespace edge {
namespace detail {

QueuedWaiter::~QueuedWaiter() {
  queue_.remove(*this);
}

void QueuedWaiter::fired(Code) noexcept {
  queue_.remove(*this);
  wake();
}

void WaitQueue::push(QueuedWaiter& waiter) noexcept {
  waiter.queued_ = true;
  waiter.prev_ = last_;
  waiter.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
}

void WaitQueue::remove(QueuedWaiter& waiter) noexcept {
  if (!waiter.queued_) return;
  waiter.queued_ = false;
  (waiter.prev_ != nullptr ? waiter.prev_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->prev_ : last_) = waiter.prev_;
}

bool WaitQueue::wake_one() noexcept {
  if (first_ == nullptr) return false;
  QueuedWaiter* waiter = first_;
  remove(*waiter);
  waiter->granted = true;
  waiter->wake();
  return true;
}

}  // namespace detail

namespace {

struct QueueAwaiter {
  detail::QueuedWaiter& waiter;
  detail::WaitQueue& queue;
  const Ctx& ctx;

  [[nodiscard]] bool await_ready() const noexcept { return ctx.cancelled(); }
  void await_suspend(std::coroutine_handle<> coroutine) noexcept {
    queue.push(waiter);
    waiter.park(ctx, coroutine);
  }
  void await_resume() const noexcept {}
};

}  // namespace

void Event::set() noexcept {
  set_ = true;
  while (waiters_.wake_one()) {
  }
}

Task<Status> Event::wait(Ctx ctx) {
  if (set_) co_return Status();
  detail::QueuedWaiter waiter(loop_, waiters_);
  QueueAwaiter awaiter{waiter, waiters_, ctx};
  co_await awaiter;
  if (waiter.granted) co_return Status();
  co_return ctx.check();
}

bool Semaphore::try_acquire() noexcept {
  if (permits_ == 0) return false;
  --permits_;
  return true;
}

Task<Status> Semaphore::acquire(Ctx ctx) {
  if (ctx.cancelled()) co_return ctx.error();
  if (try_acquire()) co_return Status();
  detail::QueuedWaiter waiter(loop_, waiters_);
  QueueAwaiter awaiter{waiter, waiters_, ctx};
  co_await awaiter;
  if (waiter.granted) co_return Status();
  co_return ctx.check();
}

void Semaphore::release() noexcept {
  if (!waiters_.wake_one()) ++permits_;
}

}  // namespace edge
