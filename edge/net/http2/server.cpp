#include "edge/net/http2/server.h"

#include "edge/base/log.h"
#include "edge/net/http2/server_connection.h"

namespace edge::http2 {

Task<void> Connections::serve(Ctx ctx, std::unique_ptr<Socket> socket, const Upgrade* upgrade) {
  ServerConnection connection(*this, std::move(socket));
  if (upgrade != nullptr) {
    if (auto adopted = connection.adopt(*upgrade); !adopted) {
      log::debug("edge.http2", "connection not upgraded", {{"error", adopted.error().message}});
      co_return;
    }
  }
  if (draining_) connection.drain();
  co_await connection.run(ctx);
}

void Connections::drain() noexcept {
  draining_ = true;
  for (auto* connection : open_) connection->drain();
}

Server::Server(UvLoop& loop, std::unique_ptr<Listener> listener, Handler& handler,
               ServerLimits limits, Admission admission)
    : listener_(std::move(listener)),
      admission_(std::move(admission)),
      open_(loop, handler, limits),
      accepting_(loop, "http2 accept"),
      connections_(loop, "http2 connections") {}

Server::~Server() = default;

void Server::start() {
  accepting_.spawn(accept_all());
}

Task<void> Server::accept_all() {
  const Ctx ctx = accepting_.ctx();
  while (true) {
    auto socket = co_await listener_->accept(ctx);
    if (!socket) co_return;
    std::string reason = admission_ ? admission_(**socket) : "";
    if (reason.empty() && open_.full()) reason = "too many connections";
    if (reason.empty()) {
      connections_.spawn(open_.serve(connections_.ctx(), std::move(*socket)));
    } else {
      log::warn("edge.http2", "connection refused", {{"reason", reason}});
    }
  }
}

void Server::begin_stop() noexcept {
  listener_->stop();
}

Task<void> Server::stop(Ctx ctx) {
  begin_stop();
  co_await accepting_.close();
  open_.drain();
  co_await connections_.wait(ctx);
}

}  // namespace edge::http2
