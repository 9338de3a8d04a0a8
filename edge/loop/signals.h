// Signals of the process, as a stream that a coroutine reads.
#pragma once

#include <deque>
#include <initializer_list>
#include <memory>
#include <vector>

#include "edge/loop/uv_loop.h"

namespace edge {

// While it lives, the listed signals no longer have their default effect. One a process.
class Signals {
 public:
  Signals(UvLoop& loop, std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The number of the next signal. Errors: kCancelled.
  Task<Result<int>> next(Ctx ctx);

 private:
  struct SignalWaiter final : Waiter {
    using Waiter::Waiter;
  };
  struct Closer {
    void operator()(uv_signal_t* handle) const noexcept;
  };
  void received(int number) noexcept;

  SignalWaiter waiter_;
  std::deque<int> received_;
  std::vector<std::unique_ptr<uv_signal_t, Closer>> handles_;
};

// "interrupt", "terminated": as daprd logs them.
const char* signal_name(int number) noexcept;

}  // namespace edge
