// Handshake steps: up to 10 ms of computing each, beside the loop and one at a time.
//
// One at a time because mbedTLS fills tables inside of shared keys while it uses them, and because
// a crowd of handshakes must not take all threads of the pool from everybody else.
#pragma once

#include <functional>
#include <utility>

#include "edge/loop/completion.h"
#include "edge/loop/uv_loop.h"

namespace edge::tls {

// Queues `step` behind those of the whole process, on a thread of the pool.
void queue_step(UvLoop& loop, std::move_only_function<void()> step);

// Runs `step`, which throws nothing, and gives its value. Not cut short by cancellation.
template <class T>
Task<T> run_step(UvLoop* loop, std::function<T()> step) {
  Completion<T> completion(*loop);
  auto queued = [sender = completion.sender(), call = std::move(step)]() mutable {
    sender.send(call());
  };
  queue_step(*loop, std::move(queued));
  co_return co_await completion.wait();
}

}  // namespace edge::tls
