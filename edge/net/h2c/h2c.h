// HTTP/2 on an HTTP/1 server's connections: spoken from the first byte, or after an upgrade.
//
// The server's handler answers its requests as it does those of HTTP/1. Everything runs on the
// loop. Source: RFC 9113 §3.3, RFC 7540 §3.2, wire reference §0.1.
#pragma once

#include "edge/net/http1/server.h"
#include "edge/net/http2/server.h"

namespace edge::h2c {

class H2c final : public http1::OtherProtocol, private http2::Handler {
 public:
  // `handler` outlives it.
  H2c(UvLoop& loop, http1::Handler& handler, const http2::ServerLimits& limits)
      : loop_(loop), handler_(handler), connections_(loop, *this, limits) {}

  [[nodiscard]] bool follows(const http1::Head& request) const override;
  Task<void> serve(Ctx ctx, std::unique_ptr<Socket> socket, const http1::Head* request) override;
  void drain() noexcept override { connections_.drain(); }

 private:
  Task<void> handle(Ctx ctx, http2::ServerExchange exchange) override;

  UvLoop& loop_;
  http1::Handler& handler_;
  http2::Connections connections_;
};

}  // namespace edge::h2c
