#include "edge/net/h2c/h2c.h"

#include <algorithm>
#include <array>

#include "edge/base/log.h"
#include "edge/net/h2c/exchange.h"
#include "edge/net/h2c/upgrade.h"

namespace edge::h2c {
namespace {

constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

// Whether HTTP/1.1 could carry it to an app.
bool is_target(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

bool H2c::follows(const http1::Head& request) const {
  return !connections_.full() && settings_of(request).has_value();
}

Task<void> H2c::serve(Ctx ctx, std::unique_ptr<Socket> socket, const http1::Head* request) {
  if (request == nullptr) {
    if (connections_.full()) {
      log::warn("edge.http2", "connection refused", {{"reason", "too many connections"}});
      co_return;
    }
    co_await connections_.serve(ctx, std::move(socket));
    co_return;
  }
  const std::array<std::string_view, 1> parts = {kSwitching};
  auto told = co_await socket->write(ctx, parts);
  if (!told) co_return;
  const Upgraded upgraded(*request, settings_of(*request).value_or(""));
  co_await connections_.serve(ctx, std::move(socket), &upgraded.get());
}

Task<void> H2c::handle(Ctx ctx, http2::ServerExchange exchange) {
  http2::Stream& stream = *exchange.stream;
  if (!is_target(stream.head().path)) {
    auto refused = stream.answer(400, {}, http2::Follows::kNothing);
    if (!refused) log::debug("edge.http2", refused.error().message);
    co_return;
  }
  Exchange as_http1(loop_, stream, *exchange.peer_host);
  co_await handler_.handle(ctx, &as_http1);
}

}  // namespace edge::h2c
