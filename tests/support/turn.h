// Lets other coroutines run: the awaiting one goes on after those that are ready already.
#pragma once

#include "edge/loop/loop.h"

namespace edge::test {

struct Turn {
  Loop* loop;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { loop->schedule(coroutine); }
  void await_resume() const noexcept {}
};

inline Turn next_turn(Loop* loop) {
  return Turn{loop};
}

}  // namespace edge::test
