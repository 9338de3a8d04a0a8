#include "tests/edge/net/http1/pool_fixture.h"

#include <stdexcept>

#include "edge/loop/task_group.h"

namespace edge::http1::test {

Asking posting(ByteSource* body) {
  return {.head = "POST /x HTTP/1.1\r\nHost: a\r\n", .body = body, .idempotent = Idempotent::kNo};
}

PoolFixture::PoolFixture() {
  auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
  if (!listener) throw std::runtime_error(listener.error().message);
  listener_ = std::move(*listener);
}

ClientPool& PoolFixture::pool(PoolLimits limits) {
  const Address address{"127.0.0.1", listener_->port(), ""};
  if (!pool_) pool_ = std::make_unique<ClientPool>(loop_, socket_dialer(loop_, address), limits);
  return *pool_;
}

Task<Wire> PoolFixture::accept(PoolFixture* self) {
  DeadlineScope limit(self->loop_, Ctx::background(), edge::test::kLimit);
  auto socket = co_await self->listener_->accept(limit.ctx());
  if (!socket) throw std::runtime_error(socket.error().message);
  co_return Wire(self->loop_, std::move(*socket));
}

Task<bool> PoolFixture::quiet(PoolFixture* self) {
  DeadlineScope limit(self->loop_, Ctx::background(), std::chrono::milliseconds(30));
  auto socket = co_await self->listener_->accept(limit.ctx());
  co_return !socket;
}

Task<Outcome> PoolFixture::ask(PoolFixture* self, Asking asking, Ctx ctx) {
  Outcome outcome;
  TextSource nothing("");
  ClientRequest request;
  request.head = asking.head;
  request.body = asking.body != nullptr ? asking.body : &nothing;
  request.answering = asking.answering;
  request.idempotent = asking.idempotent == Idempotent::kYes;
  request.says_length = asking.says_length;
  auto connection = co_await self->pool().connect(ctx);
  if (!connection) {
    outcome.error = connection.error();
    co_return outcome;
  }
  auto exchange = co_await self->pool().exchange(ctx, std::move(*connection), request);
  if (!exchange) {
    outcome.error = exchange.error();
    co_return outcome;
  }
  outcome.status = (*exchange)->response().status;
  for (const Header& header : (*exchange)->response().headers) {
    outcome.headers += std::string(header.name) + "=" + std::string(header.value) + ";";
  }
  auto body = co_await read_all(ctx, &(*exchange)->body(), UINT64_MAX);
  if (body) outcome.body = *body;
  if (!body) outcome.error = body.error();
  co_await (*exchange)->close();
  co_return outcome;
}

namespace {

Task<void> both(Loop* loop, Task<void> server, Task<void> client) {
  TaskGroup group(*loop, "test");
  group.spawn(std::move(server));
  group.spawn(std::move(client));
  co_await group.wait();
  EXPECT_EQ(group.failed(), 0U);
}

}  // namespace

void PoolFixture::play(Task<void> server, Task<void> client) {
  run(loop_, both(&loop_, std::move(server), std::move(client)));
}

Task<void> serve_get(Wire* wire, std::string body) {
  const std::string head = co_await wire->through("\r\n\r\n");
  EXPECT_EQ(head, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string length = std::to_string(body.size());
  const Status sent =
      co_await wire->send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + body);
  EXPECT_TRUE(sent);
}

}  // namespace edge::http1::test
