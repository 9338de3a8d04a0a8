// Task<T>: a lazy coroutine that is awaited once, by the parent that owns it.
//
// It starts when awaited and runs inline until it first has to wait; a child that finishes without
// waiting costs no trip through the loop and no stack, so a loop of a million such awaits is fine.
// Everything runs on the loop's thread. Destroying a task that has started and not finished is a
// bug of its owner and ends the process: an operation under way would write into a freed frame.
#pragma once

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include "edge/loop/frame_pool.h"

namespace edge {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
    // A child that ends inside its parent's await_suspend lets that call go on with the parent.
    if (self.promise().inline_start) return std::noop_coroutine();
    return self.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr exception;
  bool inline_start = false;
  bool started = false;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    release_frame(frame, size);
  }

  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() noexcept = default;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { destroy(); }

  struct Awaiter {
    Handle handle;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> parent) {
      auto& promise = handle.promise();
      promise.continuation = parent;
      promise.inline_start = true;
      promise.started = true;
      handle.resume();
      promise.inline_start = false;
      return !handle.done();
    }
    T await_resume() { return handle.promise().take(); }
  };

  // Awaited once; the task keeps the frame until the end of the full expression.
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

  // A named task is awaited as it stands: `co_await task;`. Legal once.
  Awaiter operator co_await() & noexcept { return Awaiter{handle_}; }

 private:
  void destroy() noexcept {
    if (!handle_) return;
    if (handle_.promise().started && !handle_.done()) {
      std::fputs("edge: a task was destroyed while it was waiting\n", stderr);
      std::abort();
    }
    handle_.destroy();
    handle_ = nullptr;
  }

  Handle handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace detail

}  // namespace edge
