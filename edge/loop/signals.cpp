#include "edge/loop/signals.h"

#include <csignal>

namespace edge {

void Signals::Closer::operator()(uv_signal_t* handle) const noexcept {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) noexcept { delete reinterpret_cast<uv_signal_t*>(closed); });
}

Signals::Signals(UvLoop& loop, std::initializer_list<int> numbers) : waiter_(loop) {
  for (const int number : numbers) {
    std::unique_ptr<uv_signal_t, Closer> handle(new uv_signal_t{});
    uv_signal_init(loop.uv(), handle.get());
    handle->data = this;
    uv_signal_start(
        handle.get(),
        [](uv_signal_t* signal, int signum) noexcept {
          static_cast<Signals*>(signal->data)->received(signum);
        },
        number);
    handles_.push_back(std::move(handle));
  }
}

Signals::~Signals() = default;

void Signals::received(int number) noexcept {
  received_.push_back(number);
  waiter_.wake();
}

Task<Result<int>> Signals::next(Ctx ctx) {
  ParkAwaiter awaiter{waiter_, ctx, !received_.empty()};
  co_await awaiter;
  if (received_.empty()) co_return ctx.error();
  const int number = received_.front();
  received_.pop_front();
  co_return number;
}

const char* signal_name(int number) noexcept {
  switch (number) {
    case SIGINT:
      return "interrupt";
    case SIGTERM:
      return "terminated";
    case SIGHUP:
      return "hangup";
    default:
      return "signal";
  }
}

}  // namespace edge
