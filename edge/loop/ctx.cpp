#include "edge/loop/ctx.h"

#include "edge/loop/loop.h"

namespace edge {

void CancelHook::unlink() noexcept {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
}

Status Ctx::check() const {
  if (!cancelled()) return {};
  return error();
}

bool Ctx::cancelled() const noexcept {
  return scope_ != nullptr && scope_->cancelled_;
}

Error Ctx::error() const {
  if (scope_->reason_ == Code::kDeadlineExceeded) {
    return {Code::kDeadlineExceeded, "context deadline exceeded"};
  }
  return {scope_->reason_, "context canceled"};
}

void Ctx::link(CancelHook& hook) const noexcept {
  if (scope_ == nullptr) return;
  hook.unlink();
  hook.next_ = scope_->first_;
  hook.link_ = &scope_->first_;
  if (hook.next_ != nullptr) hook.next_->link_ = &hook.next_;
  scope_->first_ = &hook;
}

CancelScope::CancelScope(Ctx parent) : trace_(parent.trace()) {
  if (parent.cancelled()) {
    cancelled_ = true;
    reason_ = parent.scope_->reason_;
    return;
  }
  parent.link(*this);
}

Ctx CancelScope::ctx() noexcept {
  Ctx ctx;
  ctx.scope_ = this;
  ctx.trace_ = trace_;
  return ctx;
}

void CancelScope::cancel(Code reason) noexcept {
  if (cancelled_) return;
  cancelled_ = true;
  reason_ = reason;
  unlink();
  while (first_ != nullptr) {
    CancelHook* hook = first_;
    hook->unlink();
    hook->fired(reason);
  }
}

void Waiter::park(const Ctx& ctx, std::coroutine_handle<> coroutine) noexcept {
  coroutine_ = coroutine;
  ctx.link(*this);
}

bool Waiter::wake() noexcept {
  if (coroutine_ == nullptr) return false;
  unlink();
  loop_->schedule(std::exchange(coroutine_, nullptr));
  return true;
}

void Waiter::fired(Code) noexcept {
  wake();
}

}  // namespace edge
