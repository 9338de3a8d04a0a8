// Blocking work on a small pool of threads, for the few calls that have no other form.
//
// The function shares nothing with the loop: it takes what it needs by value and gives a value.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "edge/loop/completion.h"
#include "edge/loop/uv_loop.h"

namespace edge {

namespace detail {

// Runs `work` on a thread of the pool. At most UV_THREADPOOL_SIZE at a time; the rest queue up.
void queue_blocking(UvLoop& loop, std::move_only_function<void()> work);

// What a function gave, or threw.
template <class T>
struct Outcome {
  std::optional<T> value;
  std::exception_ptr failure;

  T take() {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    return std::move(*value);
  }
};

template <class T>
void start_blocking(UvLoop& loop, Completion<Outcome<T>>& completion, std::function<T()> function) {
  queue_blocking(loop, [sender = completion.sender(), call = std::move(function)]() mutable {
    Outcome<T> outcome;
    try {
      outcome.value.emplace(call());
    } catch (...) {
      outcome.failure = std::current_exception();
    }
    sender.send(std::move(outcome));
  });
}

template <class T>
Task<T> run_blocking(UvLoop* loop, std::function<T()> function) {
  Completion<Outcome<T>> completion(*loop);
  start_blocking<T>(*loop, completion, std::move(function));
  auto outcome = co_await completion.wait();
  co_return outcome.take();
}

template <class T>
Task<Result<T>> run_blocking_or_abandon(UvLoop* loop, Ctx ctx, std::function<T()> function) {
  if (ctx.cancelled()) co_return ctx.error();
  Completion<Outcome<T>> completion(*loop);
  start_blocking<T>(*loop, completion, std::move(function));
  auto outcome = co_await completion.wait_or_abandon(ctx);
  if (!outcome) co_return ctx.error();
  co_return outcome->take();
}

}  // namespace detail

// Runs `function` on the pool and gives its value, or throws what it threw. Not cut short by
// cancellation.
template <class T>
Task<T> run_blocking(UvLoop& loop, std::function<T()> function) {
  return detail::run_blocking<T>(&loop, std::move(function));
}

// The same for a function without effects, whose value may come too late: then it is dropped.
// Errors: kCancelled or kDeadlineExceeded, when `ctx` ends first.
template <class T>
Task<Result<T>> run_blocking_or_abandon(UvLoop& loop, Ctx ctx, std::function<T()> function) {
  return detail::run_blocking_or_abandon<T>(&loop, ctx, std::move(function));
}

}  // namespace edge
