// Async<T>: what is mostly at hand when it is asked for, and costs no coroutine frame then.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "edge/loop/task.h"

namespace edge {

// A wait that needs no frame of its own: it parks the coroutine that awaits it, and tells the
// outcome when that one goes on. Outlives the wait.
template <class T>
class Operation {
 public:
  virtual void begin(std::coroutine_handle<> parent) = 0;
  virtual T finish() = 0;

 protected:
  ~Operation() = default;
};

// What is mostly at hand when it is asked for: a value; else the task, or the operation, that will
// bring it. Awaited like a task, once; only a task costs a frame.
template <class T>
class [[nodiscard]] Async {
 public:
  Async(T value) : value_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
  Async(Task<T> task) noexcept : task_(std::move(task)) {}  // NOLINT(google-explicit-constructor)
  // NOLINTNEXTLINE(google-explicit-constructor)
  Async(Operation<T>& waiting) noexcept : waiting_(&waiting) {}

  // The value, where it is at hand.
  [[nodiscard]] const T* ready() const noexcept { return value_ ? &*value_ : nullptr; }

  struct Awaiter {
    Async& async;

    [[nodiscard]] bool await_ready() const noexcept { return async.value_.has_value(); }
    bool await_suspend(std::coroutine_handle<> parent) {
      if (async.waiting_ == nullptr) return async.task_.operator co_await().await_suspend(parent);
      async.waiting_->begin(parent);
      return true;
    }
    T await_resume() {
      if (async.value_) return std::move(*async.value_);
      if (async.waiting_ != nullptr) return async.waiting_->finish();
      return async.task_.operator co_await().await_resume();
    }
  };

  Awaiter operator co_await() && noexcept { return Awaiter{*this}; }
  Awaiter operator co_await() & noexcept { return Awaiter{*this}; }

 private:
  std::optional<T> value_;
  Task<T> task_;
  Operation<T>* waiting_ = nullptr;
};

// Of something that is mostly done when it is asked for.
template <>
class [[nodiscard]] Async<void> {
 public:
  Async() noexcept = default;      // done
  Async(Task<void> task) noexcept  // NOLINT(google-explicit-constructor)
      : task_(std::move(task)), done_(false) {}

  struct Awaiter {
    Async& async;

    [[nodiscard]] bool await_ready() const noexcept { return async.done_; }
    bool await_suspend(std::coroutine_handle<> parent) {
      return async.task_.operator co_await().await_suspend(parent);
    }
    void await_resume() {
      if (!async.done_) async.task_.operator co_await().await_resume();
    }
  };

  Awaiter operator co_await() && noexcept { return Awaiter{*this}; }
  Awaiter operator co_await() & noexcept { return Awaiter{*this}; }

 private:
  Task<void> task_;
  bool done_ = true;
};

}  // namespace edge
