// A thread with a stack of a chosen size; joined by its owner.
#pragma once

#include <cstddef>
#include <functional>
#include <pthread.h>
#include <string>

#include "edge/base/result.h"

namespace edge::store {

// Signals are blocked on it: they belong to the loop. The destructor joins.
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  // `name` is what tools show, at most 15 bytes of it. Legal once.
  // Errors: kResourceExhausted when the system has no more threads.
  Status start(const std::string& name, std::size_t stack_bytes,
               std::move_only_function<void()> body);
  // Legal more than once, and not from the thread itself.
  void join() noexcept;

 private:
  pthread_t handle_{};
  bool running_ = false;
};

}  // namespace edge::store
