// Both ends of TLS connections on one loop, with certificates made for the test.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"
#include "edge/net/tls/tls_stream.h"
#include "tests/support/pki.h"
#include "tests/support/timing.h"

namespace edge::tls::test {

using edge::test::Authority;
using edge::test::Identity;
using edge::test::KeyKind;
using edge::test::TempDir;
using edge::test::Validity;

using ClientResult = Result<std::unique_ptr<TlsStream>>;

// What the tests of this process trust, and what its servers show; made once.
struct Certs {
  Authority authority{"Test authority"};
  Authority other_authority{"Another authority"};
  Identity server = authority.issue("DNS:localhost,DNS:*.edge.test,IP:127.0.0.1");
  Identity client = authority.issue("DNS:client.edge.test");
  Identity stranger = other_authority.issue("DNS:localhost,IP:127.0.0.1");

  static Certs& get() {
    static Certs certs;
    return certs;
  }
};

struct Pair {
  ClientResult client = Error{Code::kUnknown, "not tried"};
  ClientResult server = Error{Code::kUnknown, "not tried"};
};

inline Task<void> accept_into(UvLoop* loop, Ctx ctx, Listener* listener,
                              std::shared_ptr<const ServerContext> context, ClientResult* out) {
  auto socket = co_await listener->accept(ctx);
  if (!socket) {
    *out = socket.error();
    co_return;
  }
  *out = co_await accept(*loop, ctx, context, std::move(*socket));
}

// Dials `dial` and expects `expected` there.
inline Task<ClientResult> dial_and_connect(UvLoop* loop, Ctx ctx, Address dial,
                                           std::shared_ptr<const ClientContext> context,
                                           Address expected) {
  auto socket = co_await edge::connect(*loop, ctx, dial);
  if (!socket) co_return socket.error();
  co_return co_await connect(*loop, ctx, context, std::move(*socket), expected);
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
    if (!listener) throw std::runtime_error(listener.error().message);
    listener_ = std::move(*listener);
  }

  static std::shared_ptr<const ServerContext> server_context(ServerConfig config) {
    if (config.certificate.empty()) {
      config.certificate = Certs::get().server.certificate;
      config.private_key = Certs::get().server.private_key;
    }
    auto context = ServerContext::parse(std::move(config));
    if (!context) throw std::runtime_error(context.error().message);
    return *context;
  }
  static std::shared_ptr<const ServerContext> server_showing(const Identity& identity) {
    ServerConfig config;
    config.certificate = identity.certificate;
    config.private_key = identity.private_key;
    return server_context(config);
  }
  static std::shared_ptr<const ClientContext> client_context(ClientConfig config) {
    if (config.root_ca.empty()) config.root_ca = Certs::get().authority.certificate();
    auto context = ClientContext::parse(std::move(config));
    if (!context) throw std::runtime_error(context.error().message);
    return *context;
  }

  [[nodiscard]] Address dial() const { return {"127.0.0.1", listener_->port(), ""}; }
  [[nodiscard]] Address named(const std::string& host) const {
    return {host, listener_->port(), ""};
  }

  static Task<void> connect_both(TlsTest* self, std::shared_ptr<const ServerContext> server,
                                 std::shared_ptr<const ClientContext> client, Address expected,
                                 Pair* pair) {
    DeadlineScope limit(self->loop_, Ctx::background(), edge::test::kLimit);
    TaskGroup group(self->loop_, "server", limit.ctx());
    group.spawn(
        accept_into(&self->loop_, group.ctx(), self->listener_.get(), server, &pair->server));
    pair->client =
        co_await dial_and_connect(&self->loop_, limit.ctx(), self->dial(), client, expected);
    co_await group.wait();
  }
  Pair connect_pair(std::shared_ptr<const ServerContext> server,
                    std::shared_ptr<const ClientContext> client, const Address& expected) {
    Pair pair;
    run(loop_, connect_both(this, std::move(server), std::move(client), expected, &pair));
    return pair;
  }
  // One that works.
  Pair connect_pair() {
    Pair pair = connect_pair(server_context({}), client_context({}), named("localhost"));
    if (!pair.client) throw std::runtime_error(pair.client.error().message);
    if (!pair.server) throw std::runtime_error(pair.server.error().message);
    return pair;
  }

  UvLoop loop_;
  std::unique_ptr<Listener> listener_;
};

inline Task<Status> write_text(ByteStream* stream, Ctx ctx, std::string text) {
  const std::string_view part = text;
  co_return co_await stream->write(ctx, std::span(&part, 1));
}

inline Task<Result<std::string>> read_exactly(ByteStream* stream, Ctx ctx, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    if (stream->pending().empty()) {
      const auto filled = co_await stream->fill(ctx);
      if (!filled) co_return filled.error();
      if (*filled == Fill::kEnd) co_return Error{Code::kDataLoss, "end of file: " + text};
    }
    const auto piece = stream->pending().substr(0, size - text.size());
    text += piece;
    stream->consume(piece.size());
  }
  co_return text;
}

inline Task<Result<std::string>> read_to_end(ByteStream* stream, Ctx ctx) {
  std::string text;
  while (true) {
    const auto filled = co_await stream->fill(ctx);
    if (!filled) co_return filled.error();
    text += stream->pending();
    stream->consume(stream->pending().size());
    if (*filled == Fill::kEnd) co_return text;
  }
}

}  // namespace edge::tls::test
