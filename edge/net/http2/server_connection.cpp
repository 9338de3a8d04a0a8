#include "edge/net/http2/server_connection.h"

#include <utility>

#include "edge/base/log.h"

namespace edge::http2 {
namespace {

std::unique_ptr<ByteStream> with_limits(std::unique_ptr<Socket> socket, const Limits& limits) {
  socket->limit_stall(limits.stall_time);
  return socket;
}

}  // namespace

ServerConnection::ServerConnection(Connections& all, std::unique_ptr<Socket> socket)
    : all_(all),
      peer_host_(socket->peer_host()),
      handlers_(all.loop_, "http2 handlers"),
      session_(all.loop_, with_limits(std::move(socket), all.limits_), all.limits_,
               Session::Role::kServer, *this),
      place_(all.open_.insert(all.open_.end(), this)) {}

ServerConnection::~ServerConnection() {
  all_.open_.erase(place_);
}

Task<void> ServerConnection::run(Ctx ctx) {
  co_await session_.run(ctx);
  co_await handlers_.close();
}

void ServerConnection::request_came(StreamPtr stream) {
  handlers_.spawn(serve(std::move(stream)));
}

// A stream that was reset counts until its handler has ended: resets do not make room for more.
bool ServerConnection::takes_stream() noexcept {
  return handlers_.running() < all_.limits_.streams;
}

Task<void> ServerConnection::serve(StreamPtr stream) {
  CancelScope scope(handlers_.ctx());
  stream->cancels(&scope);
  if (stream->head().too_large()) {
    auto refused = stream->answer(431, {}, Follows::kNothing);
    if (!refused) log::debug("edge.http2", refused.error().message);
  } else {
    co_await handle(scope.ctx(), stream.get());
  }
  stream->release();
}

Task<void> ServerConnection::handle(Ctx ctx, Stream* stream) {
  std::string failure = "the handler gave no answer";
  try {
    const ServerExchange exchange{stream, &peer_host_};
    co_await all_.handler_.handle(ctx, exchange);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  } catch (...) {
    failure = "the handler threw something that is no exception";
  }
  if (stream->answered() || ctx.cancelled()) co_return;
  log::error("edge.http2", "request failed",
             {{"path", std::string(stream->head().path)}, {"error", failure}});
  auto told = stream->answer(500, {}, Follows::kNothing);
  if (!told) log::debug("edge.http2", told.error().message);
}

}  // namespace edge::http2
