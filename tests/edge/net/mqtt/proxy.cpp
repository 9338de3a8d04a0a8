#include "tests/edge/net/mqtt/proxy.h"

#include <array>
#include <utility>

namespace edge::test {

Proxy::Proxy(UvLoop& loop, std::uint16_t server_port)
    : loop_(loop),
      server_port_(server_port),
      listener_(std::move(*Listener::tcp(loop, "127.0.0.1", 0))),
      tasks_(loop, "proxy") {
  tasks_.spawn(serve(tasks_.ctx()));
}

Proxy::~Proxy() {
  listener_->stop();
  cut();
  run(loop_, tasks_.close());
}

void Proxy::cut() {
  for (const auto& weak : std::exchange(links_, {})) {
    const auto link = weak.lock();
    if (link == nullptr) continue;
    link->client->close();
    link->server->close();
  }
}

Task<void> Proxy::serve(Ctx ctx) {
  while (true) {
    auto client = co_await listener_->accept(ctx);
    if (!client) co_return;
    ++accepted_;
    auto server = co_await connect(loop_, ctx, {.host = "127.0.0.1", .port = server_port_});
    if (!server) continue;
    auto link = std::make_shared<Link>(std::move(*client), std::move(*server));
    links_.push_back(link);
    tasks_.spawn(splice(ctx, link));
  }
}

Task<void> Proxy::splice(Ctx ctx, std::shared_ptr<Link> link) {
  TaskGroup both(loop_, "splice", ctx);
  both.spawn(copy(both.ctx(), link->client.get(), link->server.get(), &never_));
  both.spawn(copy(both.ctx(), link->server.get(), link->client.get(), &hushed_));
  co_await both.wait();
}

Task<void> Proxy::copy(Ctx ctx, Socket* from, Socket* to, const bool* hushed) {
  while (true) {
    if (from->pending().empty()) {
      const auto filled = co_await from->fill(ctx);
      if (!filled || (*filled == Fill::kEnd && from->pending().empty())) break;
    }
    const std::string bytes(from->pending());
    from->consume(bytes.size());
    if (*hushed) continue;
    const std::array<std::string_view, 1> parts = {bytes};
    const Status written = co_await to->write(ctx, parts);
    if (!written) break;
  }
  from->close();
  to->close();
}

}  // namespace edge::test
