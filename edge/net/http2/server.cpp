#include "edge/net/http2/server.h"

#include "edge/base/log.h"
#include "edge/net/http2/server_connection.h"

namespace edge::http2 {

Server::Server(UvLoop& loop, std::unique_ptr<Listener> listener, Handler& handler,
               ServerLimits limits, Admission admission)
    : loop_(loop),
      listener_(std::move(listener)),
      handler_(handler),
      limits_(limits),
      admission_(std::move(admission)),
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
    if (reason.empty() && open_.size() >= limits_.connections) reason = "too many connections";
    if (reason.empty()) {
      connections_.spawn(serve(std::move(*socket)));
    } else {
      log::warn("edge.http2", "connection refused", {{"reason", reason}});
    }
  }
}

Task<void> Server::serve(std::unique_ptr<Socket> socket) {
  ServerConnection connection(*this, std::move(socket));
  co_await connection.run(connections_.ctx());
}

void Server::begin_stop() noexcept {
  listener_->stop();
}

Task<void> Server::stop(Ctx ctx) {
  begin_stop();
  co_await accepting_.close();
  for (auto* connection : open_) connection->drain();
  struct CutOff final : CancelHook {
    explicit CutOff(TaskGroup& all) : group(all) {}
    void fired(Code reason) noexcept override { group.cancel(reason); }
    TaskGroup& group;
  };
  CutOff cut_off(connections_);
  if (ctx.cancelled()) {
    connections_.cancel();
  } else {
    ctx.link(cut_off);
  }
  co_await connections_.wait();
}

}  // namespace edge::http2
