// Ctx: the deadline, the cancellation and the trace under which a piece of work runs.
//
// The first parameter of everything that waits. A Ctx is a small value that points into a
// CancelScope of an awaiting parent (or of a TaskGroup), which outlives the work by construction.
// Cancelling never destroys anything: it makes the pending operation finish with an error, on the
// loop, once. All of it belongs to the loop's thread.
#pragma once

#include <coroutine>

#include "edge/base/result.h"
#include "edge/base/time.h"

namespace edge {

class Loop;
class CancelScope;

// W3C trace context of the request that is being worked on; empty where there is none.
// Source: W3C Trace Context, W3C Baggage. Views live as long as the request's head.
struct Trace {
  std::string_view traceparent;
  std::string_view tracestate;
  std::string_view baggage;
};

// One pending operation's place in a scope's list. `fired` runs at most once, on the loop's
// thread, from within CancelScope::cancel; it is unlinked before it runs.
class CancelHook {
 public:
  CancelHook() = default;
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;

  void unlink() noexcept;

 protected:
  ~CancelHook() { unlink(); }
  virtual void fired(Code reason) noexcept = 0;

 private:
  friend class CancelScope;
  friend class Ctx;
  CancelHook* next_ = nullptr;
  CancelHook** link_ = nullptr;  // what points at this hook; nullptr where not in a list
};

class Ctx {
 public:
  // Work that only the process's end ends.
  static Ctx background() noexcept { return {}; }

  // Nothing while the work may go on; else why not (kCancelled or kDeadlineExceeded).
  [[nodiscard]] Status check() const;
  [[nodiscard]] bool cancelled() const noexcept;
  [[nodiscard]] Error error() const;  // legal when cancelled()

  [[nodiscard]] const Trace* trace() const noexcept { return trace_; }
  [[nodiscard]] Ctx with_trace(const Trace& trace) const noexcept {
    Ctx copy = *this;
    copy.trace_ = &trace;
    return copy;
  }

  // Has `hook` called when this work is cancelled. Not legal when it already is.
  void link(CancelHook& hook) const noexcept;

 private:
  friend class CancelScope;
  CancelScope* scope_ = nullptr;
  const Trace* trace_ = nullptr;
};

// A point at which work can be stopped; a child of another Ctx is stopped with it.
class CancelScope final : public CancelHook {
 public:
  explicit CancelScope(Ctx parent = Ctx::background());
  ~CancelScope() = default;

  [[nodiscard]] Ctx ctx() noexcept;
  // Stops the work: every linked operation finishes with `reason`. Later calls change nothing.
  void cancel(Code reason = Code::kCancelled) noexcept;
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
  [[nodiscard]] Code reason() const noexcept { return reason_; }

 private:
  friend class Ctx;
  void fired(Code reason) noexcept override { cancel(reason); }

  CancelHook* first_ = nullptr;
  const Trace* trace_ = nullptr;
  bool cancelled_ = false;
  Code reason_ = Code::kCancelled;
};

// The one coroutine that waits for something which either completes or is cancelled.
// Whoever completes it calls wake(); the coroutine then runs in the same turn of the loop.
class Waiter : public CancelHook {
 public:
  explicit Waiter(Loop& loop) noexcept : loop_(&loop) {}

  // Parks `coroutine`. Legal when nothing is parked and `ctx` is not cancelled.
  void park(const Ctx& ctx, std::coroutine_handle<> coroutine) noexcept;
  // Lets the parked coroutine go on; false where none is parked.
  bool wake() noexcept;
  [[nodiscard]] bool parked() const noexcept { return coroutine_ != nullptr; }

 protected:
  ~Waiter() = default;
  // An operation that must wait for its C library to let go overrides this and wakes later.
  void fired(Code reason) noexcept override;
  [[nodiscard]] Loop& loop() const noexcept { return *loop_; }

 private:
  Loop* loop_;
  std::coroutine_handle<> coroutine_;
};

// Parks the awaiting coroutine in `waiter`, unless it is `ready` or the work is cancelled already.
struct ParkAwaiter {
  Waiter& waiter;
  Ctx ctx;
  bool ready = false;

  [[nodiscard]] bool await_ready() const noexcept { return ready || ctx.cancelled(); }
  void await_suspend(std::coroutine_handle<> coroutine) noexcept { waiter.park(ctx, coroutine); }
  void await_resume() const noexcept {}
};

}  // namespace edge
