#include "edge/net/etcd/watch.h"

#include <utility>

namespace edge::etcd {

Watch::Watch(Loop& loop, Ctx ctx, std::string request, Duration opening,
             std::size_t longest_message)
    : request_(std::move(request)),
      body_(request_),
      opening_(loop, ctx, opening),
      lines_(longest_message) {}

Task<Result<WatchMessage>> Watch::next(Ctx ctx) {
  while (true) {
    if (const auto line = lines_.next()) co_return parse_watch(*line);
    if (lines_.too_long()) {
      co_return Error{Code::kResourceExhausted, "a message of the watch is too long"};
    }
    auto piece = co_await exchange_->body().read(ctx);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Error{Code::kUnavailable, "the server ended the watch"};
    lines_.add(*piece);
  }
}

Task<void> Watch::close() {
  if (exchange_ != nullptr) co_await exchange_->close();
}

}  // namespace edge::etcd
