// Completion<T>: one value that another thread hands to one coroutine on the loop.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "edge/loop/loop.h"

namespace edge {

// The two halves share what they need, so either may go first. wait() is not cut short by
// cancellation, since the other thread has begun and its effect will be there.
template <class T>
class Completion {
  struct State final : Waiter {
    explicit State(Loop& loop) : Waiter(loop), owner(loop) {}
    Loop& owner;
    std::optional<T> value;
  };

 public:
  explicit Completion(Loop& loop) : state_(std::make_shared<State>(loop)) {}

  class Sender {
   public:
    explicit Sender(std::shared_ptr<State> state) : state_(std::move(state)) {}
    // Thread-safe. Legal once.
    void send(T value) {
      Loop& loop = state_->owner;
      loop.post([state = std::move(state_), sent = std::move(value)]() mutable {
        state->value.emplace(std::move(sent));
        state->wake();
      });
    }

   private:
    std::shared_ptr<State> state_;
  };

  // For the other thread. Legal once.
  Sender sender() { return Sender(state_); }

  struct Awaiter {
    State& state;
    Ctx ctx;
    bool waited = false;

    [[nodiscard]] bool await_ready() const noexcept {
      return state.value.has_value() || ctx.cancelled();
    }
    void await_suspend(std::coroutine_handle<> coroutine) noexcept {
      state.owner.begin_foreign_wait();
      waited = true;
      state.park(ctx, coroutine);
    }
    void end_wait() noexcept {
      if (waited) state.owner.end_foreign_wait();
    }
    T await_resume() {
      end_wait();
      return std::move(*state.value);
    }
  };

  struct AbandonAwaiter : Awaiter {
    std::optional<T> await_resume() {
      this->end_wait();
      return std::move(this->state.value);
    }
  };

  // Legal once, and this object outlives the wait.
  Awaiter wait() { return Awaiter{*state_, Ctx::background()}; }
  // Gives nothing where `ctx` ends first; the value then comes too late and is dropped.
  AbandonAwaiter wait_or_abandon(Ctx ctx) { return AbandonAwaiter{{*state_, ctx}}; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace edge
