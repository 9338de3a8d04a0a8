#include "edge/net/http2/inbox.h"

#include <utility>

namespace edge::http2 {
namespace {

// Memory that is kept from one piece to the next.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

}  // namespace

void Inbox::add(std::string_view piece) {
  if (discarding_) {
    window_.give_back(piece.size());
    return;
  }
  came_.append(piece);
  waiter_.wake();
}

void Inbox::end() noexcept {
  ended_ = true;
  waiter_.wake();
}

void Inbox::fail(Error error) {
  if (ended_ || failure_) return;
  failure_ = std::move(error);
  waiter_.wake();
}

void Inbox::discard() noexcept {
  discarding_ = true;
  release_taken();
  const std::size_t bytes = came_.size();
  came_ = std::string();
  if (bytes > 0) window_.give_back(bytes);
}

void Inbox::release_taken() noexcept {
  const std::size_t bytes = taken_.size();
  taken_.clear();
  if (taken_.capacity() > kKeptBytes) taken_ = std::string();
  if (bytes > 0) window_.give_back(bytes);
}

std::string_view Inbox::take_ready() {
  release_taken();
  std::swap(came_, taken_);
  return taken_;
}

Task<Result<std::string_view>> Inbox::read(Ctx ctx) {
  release_taken();
  while (came_.empty() && !ended_ && !failure_) {
    if (ctx.cancelled()) co_return ctx.error();
    ParkAwaiter parked{waiter_, ctx};
    co_await parked;
  }
  if (failure_) co_return *failure_;
  co_return take_ready();
}

}  // namespace edge::http2
