#include "edge/daemon/wait.h"

#include <cstdio>

#include "edge/net/http1/client_pool.h"

namespace edge::daemon {
namespace {

constexpr Duration kPatience = std::chrono::seconds(60);
constexpr Duration kPause = std::chrono::milliseconds(500);

Task<bool> is_ready(UvLoop* loop, Ctx ctx, std::uint16_t port) {
  http1::ClientPool pool(*loop, socket_dialer(*loop, {"127.0.0.1", port, ""}));
  TextSource no_body("");
  auto connection = co_await pool.connect(ctx);
  if (!connection) co_return false;
  http1::ClientRequest request;
  request.head = "GET /v1.0/healthz/outbound HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  request.body = &no_body;
  auto exchange = co_await pool.exchange(ctx, std::move(*connection), std::move(request));
  if (!exchange) co_return false;
  const int status = (*exchange)->response().status;
  co_await (*exchange)->close();
  co_return status / 100 == 2;
}

Task<bool> poll(UvLoop* loop, std::uint16_t port) {
  DeadlineScope limit(*loop, Ctx::background(), kPatience);
  while (true) {
    const bool ready = co_await is_ready(loop, limit.ctx(), port);
    if (ready) co_return true;
    auto slept = co_await sleep_for(*loop, limit.ctx(), kPause);
    if (!slept) co_return false;
  }
}

}  // namespace

int wait_until_ready(std::uint16_t port) {
  UvLoop loop;
  if (run(loop, poll(&loop, port))) return 0;
  std::fprintf(stderr, "edgelaned: no hub was ready on 127.0.0.1:%u within a minute\n", port);
  return 1;
}

}  // namespace edge::daemon
