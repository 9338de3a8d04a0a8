#include <filesystem>
#include <time.h>

#include <gtest/gtest.h>

#include "edge/net/tls/clock_floor.h"
#include "edge/net/tls/tls_stream.h"
#include "tests/edge/net/tls/fixture.h"

namespace edge::tls {
namespace {

using std::chrono::milliseconds;
using test::Certs;
using test::ClientResult;
using test::Identity;
using test::Pair;
using test::Validity;

class HandshakeTest : public test::TlsTest {
 protected:
  // What the client says of a server that shows `identity`.
  std::string client_error(const Identity& identity, const Address& expected) {
    const Pair pair = connect_pair(server_showing(identity), client_context({}), expected);
    EXPECT_FALSE(pair.client);
    EXPECT_FALSE(pair.server);
    if (pair.client) return "connected";
    EXPECT_EQ(pair.client.error().code, Code::kUnavailable);
    return pair.client.error().message;
  }
  [[nodiscard]] std::string failed(const std::string& host, const std::string& why) const {
    return "tls: " + named(host).text() + ": certificate verify failed: " + why;
  }
};

TEST_F(HandshakeTest, NamesWildcardsAndAddressesAreAccepted) {
  for (const std::string host : {"localhost", "hub.edge.test", "127.0.0.1"}) {
    const Pair pair = connect_pair(server_context({}), client_context({}), named(host));
    EXPECT_TRUE(pair.client) << pair.client.error().message;
    EXPECT_TRUE(pair.server) << pair.server.error().message;
  }
}

TEST_F(HandshakeTest, AnRsaServerIsAccepted) {
  const auto identity =
      Certs::get().authority.issue("DNS:localhost", Validity::kNow, test::KeyKind::kRsa);
  const Pair pair = connect_pair(server_showing(identity), client_context({}), named("localhost"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, AWrongAuthority) {
  EXPECT_EQ(client_error(Certs::get().stranger, named("localhost")),
            failed("localhost", "the certificate is signed by an authority that is not trusted"));
}

TEST_F(HandshakeTest, AnExpiredCertificate) {
  const auto identity = Certs::get().authority.issue("DNS:localhost", Validity::kExpired);
  EXPECT_EQ(client_error(identity, named("localhost")),
            failed("localhost", "the certificate has expired"));
}

TEST_F(HandshakeTest, ACertificateOfTheFuture) {
  const auto identity = Certs::get().authority.issue("DNS:localhost", Validity::kNotYet);
  EXPECT_EQ(client_error(identity, named("localhost")),
            failed("localhost", "the certificate is not valid yet; is the clock right?"));
}

// A test's floor; the clock is behind it where it lies in the future.
class Floor {
 public:
  explicit Floor(std::chrono::sys_days day) { set_clock_floor(day); }
  ~Floor() { set_clock_floor(before_); }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

 private:
  WallTime before_ = clock_floor();
};

TEST_F(HandshakeTest, ACertificateOfTheFutureWhereTheClockIsBehind) {
  using namespace std::chrono_literals;
  const auto identity = Certs::get().authority.issue("DNS:localhost", Validity::kNotYet);
  const Floor early(std::chrono::sys_days(2048y / 1 / 1));
  const Pair pair = connect_pair(server_showing(identity), client_context({}), named("localhost"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, ACertificateThatHadExpiredByTheFloor) {
  using namespace std::chrono_literals;
  const auto identity = Certs::get().authority.issue("DNS:localhost", Validity::kNotYet);
  const Floor late(std::chrono::sys_days(2050y / 1 / 1));
  EXPECT_EQ(client_error(identity, named("localhost")),
            failed("localhost", "the certificate is not valid yet; is the clock right?"));
}

TEST_F(HandshakeTest, AFloorThatIsWrongRefusesNothing) {
  using namespace std::chrono_literals;
  const auto identity = Certs::get().authority.issue("DNS:localhost");
  const Floor wrong(std::chrono::sys_days(2099y / 1 / 1));
  const Pair pair = connect_pair(server_showing(identity), client_context({}), named("localhost"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, AnotherHost) {
  const auto identity = Certs::get().authority.issue("DNS:other.test,IP:10.0.0.1");
  EXPECT_EQ(client_error(identity, named("localhost")),
            failed("localhost", "the certificate is for another host"));
  EXPECT_EQ(client_error(identity, named("127.0.0.1")),
            failed("127.0.0.1", "the certificate is for another host"));
}

TEST_F(HandshakeTest, AConfiguredNameReplacesTheHost) {
  ClientConfig config;
  config.server_name = "hub.edge.test";
  const Pair pair = connect_pair(server_context({}), client_context(config), named("elsewhere"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, WithoutVerificationEverythingIsAccepted) {
  ClientConfig config;
  config.verify = Verify::kNone;
  const auto expired = Certs::get().other_authority.issue("DNS:other.test", Validity::kExpired);
  const Pair pair = connect_pair(server_showing(expired), client_context(config), named("x"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, TheBundleIsReadWhenItIsNeededAndAgainWhenItChanged) {
  const test::TempDir dir;
  ClientConfig config;
  config.bundle_path = dir.file("bundle.crt");
  auto context = ClientContext::parse(config);
  ASSERT_TRUE(context);
  Pair pair = connect_pair(server_context({}), *context, named("localhost"));
  ASSERT_FALSE(pair.client);
  EXPECT_EQ(pair.client.error().message, "tls: " + named("localhost").text() +
                                             ": tls: certificate authorities " +
                                             config.bundle_path + ": No such file or directory");
  dir.write("bundle.crt", Certs::get().other_authority.certificate());
  pair = connect_pair(server_context({}), *context, named("localhost"));
  EXPECT_FALSE(pair.client);
  dir.write("bundle.crt",
            Certs::get().other_authority.certificate() + Certs::get().authority.certificate());
  std::filesystem::last_write_time(
      config.bundle_path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(10));
  pair = connect_pair(server_context({}), *context, named("localhost"));
  EXPECT_TRUE(pair.client) << pair.client.error().message;
}

TEST_F(HandshakeTest, TheSystemsBundleDoesNotTrustTheTestsAuthority) {
  if (!std::filesystem::exists(kSystemBundle)) GTEST_SKIP() << "no bundle on this system";
  auto context = ClientContext::parse({});
  ASSERT_TRUE(context);
  const Pair pair = connect_pair(server_context({}), *context, named("localhost"));
  ASSERT_FALSE(pair.client);
  EXPECT_EQ(pair.client.error().message,
            failed("localhost", "the certificate is signed by an authority that is not trusted"));
}

TEST_F(HandshakeTest, AClientCertificateIsRequired) {
  ServerConfig config;
  config.client_ca = Certs::get().authority.certificate();
  const auto server = server_context(config);

  const Pair without = connect_pair(server, client_context({}), named("localhost"));
  ASSERT_FALSE(without.server);
  EXPECT_EQ(without.server.error().message, "tls: accept: the client sent no certificate");
  ASSERT_FALSE(without.client);
  EXPECT_EQ(without.client.error().message, "tls: " + named("localhost").text() +
                                                ": the peer refused: handshake failure (alert 40)");

  ClientConfig identified;
  identified.certificate = Certs::get().client.certificate;
  identified.private_key = Certs::get().client.private_key;
  const Pair with = connect_pair(server, client_context(identified), named("localhost"));
  EXPECT_TRUE(with.client) << with.client.error().message;
  EXPECT_TRUE(with.server);

  identified.certificate = Certs::get().stranger.certificate;
  identified.private_key = Certs::get().stranger.private_key;
  const Pair wrong = connect_pair(server, client_context(identified), named("localhost"));
  ASSERT_FALSE(wrong.server);
  EXPECT_EQ(wrong.server.error().message,
            "tls: accept: certificate verify failed: the certificate is signed by an authority "
            "that is not trusted");
  ASSERT_FALSE(wrong.client);
  EXPECT_NE(wrong.client.error().message.find("the peer refused: unknown certificate authority"),
            std::string::npos)
      << wrong.client.error().message;
}

TEST_F(HandshakeTest, ProtocolsAreAgreedOn) {
  ServerConfig server;
  server.alpn = {"h2", "http/1.1"};
  ClientConfig client;
  client.alpn = {"http/1.1"};
  Pair pair = connect_pair(server_context(server), client_context(client), named("localhost"));
  ASSERT_TRUE(pair.client);
  EXPECT_EQ((*pair.client)->alpn(), "http/1.1");
  EXPECT_EQ((*pair.server)->alpn(), "http/1.1");
  pair = connect_pair(server_context({}), client_context(client), named("localhost"));
  ASSERT_TRUE(pair.client);
  EXPECT_EQ((*pair.client)->alpn(), "");
  client.alpn = {"other"};
  pair = connect_pair(server_context(server), client_context(client), named("localhost"));
  ASSERT_FALSE(pair.client);
  EXPECT_NE(pair.client.error().message.find("no application protocol"), std::string::npos)
      << pair.client.error().message;
}

// Accepts one plain connection, has its say and hangs up when `hold` ends.
Task<void> plain_server(Listener* listener, Ctx ctx, std::string say, Ctx hold) {
  auto socket = co_await listener->accept(ctx);
  if (!socket) co_return;
  if (!say.empty()) {
    const Status sent = co_await test::write_text(socket->get(), ctx, say);
    EXPECT_TRUE(sent);
  }
  if (hold.cancelled()) co_return;
  while (true) {
    const auto filled = co_await (*socket)->fill(hold);
    if (!filled || *filled == Fill::kEnd) co_return;
    (*socket)->consume((*socket)->pending().size());
  }
}

struct PlainPeer {
  std::string say;
  Duration client_limit = edge::test::kLimit;
  Duration hold = edge::test::kLimit;
};

Task<void> connect_to_plain(UvLoop* loop, Listener* listener, PlainPeer peer,
                            std::shared_ptr<const ClientContext> context, ClientResult* out) {
  DeadlineScope hold(*loop, Ctx::background(), peer.hold);
  if (peer.hold == Duration::zero()) hold.scope().cancel();
  TaskGroup group(*loop, "server");
  group.spawn(plain_server(listener, group.ctx(), peer.say, hold.ctx()));
  DeadlineScope limit(*loop, Ctx::background(), peer.client_limit);
  const Address address{"127.0.0.1", listener->port(), ""};
  *out = co_await test::dial_and_connect(loop, limit.ctx(), address, context, address);
  co_await group.close();
}

TEST_F(HandshakeTest, GarbageInsteadOfTls) {
  ClientResult result = Error{};
  const PlainPeer peer{.say = "HTTP/1.1 400 Bad Request\r\n\r\n"};
  run(loop_, connect_to_plain(&loop_, listener_.get(), peer, client_context({}), &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_EQ(result.error().message,
            "tls: " + dial().text() + ": the peer sent something that is not TLS");
}

TEST_F(HandshakeTest, ThePeerClosesInTheHandshake) {
  ClientResult result = Error{};
  const PlainPeer peer{.hold = Duration::zero()};
  run(loop_, connect_to_plain(&loop_, listener_.get(), peer, client_context({}), &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable) << result.error().message;
}

TEST_F(HandshakeTest, ThePeerClosesInTheMiddleOfARecord) {
  ClientResult result = Error{};
  // The head of a handshake record of 64 bytes, of which four come.
  const PlainPeer peer{.say = std::string("\x16\x03\x03\x00\x40\x02\x00\x00\x3c", 9),
                       .hold = milliseconds(20)};
  run(loop_, connect_to_plain(&loop_, listener_.get(), peer, client_context({}), &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "tls: " + dial().text() + ": the peer closed the connection");
}

TEST_F(HandshakeTest, APeerThatSaysNothingIsCutShortByTheDeadline) {
  ClientResult result = Error{};
  const PlainPeer peer{.client_limit = milliseconds(20)};
  run(loop_, connect_to_plain(&loop_, listener_.get(), peer, client_context({}), &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
}

Task<void> plain_client(UvLoop* loop, Ctx ctx, Address to, std::string say) {
  auto socket = co_await edge::connect(*loop, ctx, to);
  EXPECT_TRUE(socket);
  if (!socket) co_return;
  const Status sent = co_await test::write_text(socket->get(), ctx, say);
  EXPECT_TRUE(sent);
  const auto answer = co_await test::read_to_end(socket->get(), ctx);
}

struct PlainClient {
  std::string say;
  Duration server_limit = edge::test::kLimit;
};

Task<void> accept_plain(UvLoop* loop, Listener* listener,
                        std::shared_ptr<const ServerContext> context, PlainClient client,
                        ClientResult* out) {
  DeadlineScope limit(*loop, Ctx::background(), client.server_limit);
  TaskGroup group(*loop, "client");
  const Address address{"127.0.0.1", listener->port(), ""};
  group.spawn(plain_client(loop, group.ctx(), address, client.say));
  co_await test::accept_into(loop, limit.ctx(), listener, context, out);
  co_await group.close();
}

TEST_F(HandshakeTest, TheServerSurvivesGarbageAndSilence) {
  ClientResult result = Error{};
  const auto context = server_context({});
  const PlainClient garbage{.say = "GET / HTTP/1.1\r\n\r\n"};
  run(loop_, accept_plain(&loop_, listener_.get(), context, garbage, &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "tls: accept: the client sent no TLS hello");
  const PlainClient silence{.say = "\x16", .server_limit = milliseconds(20)};
  run(loop_, accept_plain(&loop_, listener_.get(), context, silence, &result));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
}

Task<void> connect_into(UvLoop* loop, Ctx ctx, Address dial,
                        std::shared_ptr<const ClientContext> context, ClientResult* out) {
  *out = co_await test::dial_and_connect(loop, ctx, dial, context, dial);
}

struct Crowd {
  explicit Crowd(std::size_t count) : clients(count), servers(count) {}
  std::vector<ClientResult> clients;
  std::vector<ClientResult> servers;
};

struct Contexts {
  std::shared_ptr<const ServerContext> server;
  std::shared_ptr<const ClientContext> client;
};

Task<void> serve_into(UvLoop* loop, Ctx ctx, std::unique_ptr<ByteStream> inner,
                      std::shared_ptr<const ServerContext> context, ClientResult* out) {
  *out = co_await accept(*loop, ctx, context, std::move(inner));
}

Task<void> serve_crowd(UvLoop* loop, TaskGroup* group, Listener* listener,
                       std::shared_ptr<const ServerContext> context, Crowd* crowd) {
  for (auto& result : crowd->servers) {
    auto socket = co_await listener->accept(group->ctx());
    if (!socket) co_return;
    group->spawn(serve_into(loop, group->ctx(), std::move(*socket), context, &result));
  }
}

// As many handshakes at once as the crowd has places; all are cancelled after `patience`.
Task<void> connect_crowd(UvLoop* loop, Listener* listener, Duration patience, Crowd* crowd,
                         Contexts contexts) {
  DeadlineScope limit(*loop, Ctx::background(), patience);
  TaskGroup group(*loop, "crowd", limit.ctx());
  const Address address{"127.0.0.1", listener->port(), ""};
  group.spawn(serve_crowd(loop, &group, listener, contexts.server, crowd));
  for (auto& result : crowd->clients) {
    group.spawn(connect_into(loop, group.ctx(), address, contexts.client, &result));
  }
  co_await group.wait();
}

TEST_F(HandshakeTest, ManyAtOnceAllSucceed) {
  Crowd crowd(20);
  run(loop_, connect_crowd(&loop_, listener_.get(), edge::test::kLimit, &crowd,
                           {server_context({}), client_context({})}));
  for (const auto& result : crowd.clients) EXPECT_TRUE(result) << result.error().message;
  for (const auto& result : crowd.servers) EXPECT_TRUE(result) << result.error().message;
}

double cpu_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

TEST_F(HandshakeTest, TheLoopsThreadDoesNotCompute) {
  Crowd crowd(10);
  const Contexts contexts{server_context({}), client_context({})};
  const double process_begin = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double thread_begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  run(loop_, connect_crowd(&loop_, listener_.get(), edge::test::kLimit, &crowd, contexts));
  const double thread = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - thread_begin;
  const double process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process_begin;
  EXPECT_LT(thread, 0.4 * process) << "loop " << thread << " s of " << process << " s";
  RecordProperty("loop_share", std::to_string(thread / process));
}

TEST_F(HandshakeTest, ManyAreCancelledAtAnyPoint) {
  std::size_t cancelled = 0;
  for (int patience = 1; patience <= 41; patience += 8) {
    Crowd crowd(10);
    run(loop_, connect_crowd(&loop_, listener_.get(), milliseconds(patience), &crowd,
                             {server_context({}), client_context({})}));
    for (const auto& result : crowd.clients) {
      if (!result && result.error().code == Code::kDeadlineExceeded) ++cancelled;
    }
  }
  EXPECT_GT(cancelled, 0U);
}

}  // namespace
}  // namespace edge::tls
