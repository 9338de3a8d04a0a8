// Blocking work on a small pool of threads, for the few calls that have no other form.
//
// The function shares nothing with the loop: it takes what it needs by value and gives a value.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "edge/loop/completion.h"
#include "edge/loop/uv_loop.h"

namespace edge {

namespace detail {
// Runs `work` on a thread of the pool. At most UV_THREADPOOL_SIZE at a time; the rest queue up.
void queue_blocking(UvLoop& loop, std::move_only_function<void()> work);
}  // namespace detail

// Runs `function` on the pool and gives its value. Not cut short by cancellation.
template <class T>
Task<T> run_blocking(UvLoop& loop, std::function<T()> function) {
  Completion<T> completion(loop);
  auto work = [sender = completion.sender(), call = std::move(function)]() mutable {
    sender.send(call());
  };
  detail::queue_blocking(loop, std::move(work));
  co_return co_await completion.wait();
}

}  // namespace edge
