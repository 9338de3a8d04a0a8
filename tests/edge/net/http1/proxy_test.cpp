// A Server whose handler passes every request on through a ClientPool to another Server: long
// bodies in little memory, and ends of either side that reach the other.

#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/client_pool.h"
#include "edge/net/http1/server.h"
#include "tests/edge/net/http1/memory.h"
#include "tests/edge/net/http1/pattern_source.h"
#include "tests/edge/net/http1/server_fixture.h"

namespace edge::http1 {
namespace {

using std::chrono::milliseconds;
using test::chunk;
using test::get;
using test::Kind;
using test::PatternCheck;
using test::PatternSource;
using test::until;
using test::Wire;
using Length = test::PatternSource::Length;

constexpr std::uint64_t kMegabyte = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kLong = (test::kSanitized ? 16 : 256) * kMegabyte;

class Proxy final : public Handler {
 public:
  Proxy(UvLoop& loop, Address to) : pool_(loop, socket_dialer(loop, std::move(to))) {}

  Task<void> handle(Ctx ctx, ServerExchange* exchange) override {
    auto connection = co_await pool_.connect(ctx);
    if (!connection) throw std::runtime_error(connection.error().message);
    ClientRequest request;
    request.head = std::string(exchange->request().method) + " " +
                   std::string(exchange->request().target) + " HTTP/1.1\r\nHost: back\r\n";
    request.body = &exchange->body();
    auto upstream = co_await pool_.exchange(ctx, std::move(*connection), request);
    if (!upstream) {
      const int status = http_status(upstream.error().code);
      const Status told = co_await exchange->reply(ctx, {.status = status}, "");
      if (!told) last_error = told.error().message;
      co_return;
    }
    Response response;
    response.status = (*upstream)->response().status;
    response.length = (*upstream)->body().length();
    const Status sent = co_await exchange->send(ctx, response, &(*upstream)->body());
    if (!sent) last_error = sent.error().message;
    co_await (*upstream)->close();
  }

  std::string last_error;
  ClientPool& pool() noexcept { return pool_; }

 private:
  ClientPool pool_;
};

// The parameter is what the upstream listens on; the clients come over the other kind.
class ProxyTest : public test::ServerFixture {
 protected:
  using Self = ProxyTest;

  void start_both(ServerLimits limits = {}) {
    start();
    proxy_ = std::make_unique<Proxy>(loop_, address());
    const bool front_is_tcp = GetParam() == Kind::kUnix;
    auto listener = front_is_tcp ? Listener::tcp(loop_, "127.0.0.1", 0)
                                 : Listener::unix(loop_, dir_.file("front.sock"));
    if (!listener) throw std::runtime_error(listener.error().message);
    front_ = std::make_unique<Server>(loop_, std::move(*listener), *proxy_, limits);
    front_->start();
    front_address_ = front_is_tcp ? Address{"127.0.0.1", front_->port(), ""}
                                  : Address{"", 0, dir_.file("front.sock")};
  }
  ~ProxyTest() override {
    if (!front_) return;
    CancelScope now;
    now.cancel();
    run(loop_, front_->stop(now.ctx()));
  }
  Wire client() { return {loop_, front_address_}; }

  static Task<void> say(Wire* wire, std::string bytes) {
    const Status sent = co_await wire->send(bytes);
    if (!sent) throw std::runtime_error(sent.error().message);
  }

  // Reads an answer of `size` bytes that is never held as a whole.
  static Task<void> download(Self* self, std::string target, std::uint64_t size) {
    PatternSource nothing(0, Length::kKnown);
    ClientPool pool(self->loop_, socket_dialer(self->loop_, self->front_address_));
    auto connection = co_await pool.connect(Ctx::background());
    ClientRequest request;
    request.head = "GET " + target + " HTTP/1.1\r\nHost: a\r\n";
    request.body = &nothing;
    auto exchange = co_await pool.exchange(Ctx::background(), std::move(*connection), request);
    if (!exchange) throw std::runtime_error(exchange.error().message);
    PatternCheck check;
    while (!(*exchange)->body().finished()) {
      auto piece = co_await (*exchange)->body().read(Ctx::background());
      if (!piece) throw std::runtime_error(piece.error().message);
      check.add(*piece);
    }
    EXPECT_EQ(check.seen(), size);
    EXPECT_EQ(check.wrong(), 0U);
    co_await (*exchange)->close();
    EXPECT_EQ(pool.idle(), 1U);
  }

  static Task<void> upload(Self* self, std::uint64_t size, Length length) {
    PatternSource body(size, length);
    ClientPool pool(self->loop_, socket_dialer(self->loop_, self->front_address_));
    auto connection = co_await pool.connect(Ctx::background());
    ClientRequest request;
    request.head = "POST /count HTTP/1.1\r\nHost: a\r\n";
    request.body = &body;
    auto exchange = co_await pool.exchange(Ctx::background(), std::move(*connection), request);
    if (!exchange) throw std::runtime_error(exchange.error().message);
    auto said = co_await read_all(Ctx::background(), &(*exchange)->body(), 100);
    if (!said) throw std::runtime_error(said.error().message);
    EXPECT_EQ(*said, std::to_string(size) + " bytes, 0 wrong");
    co_await (*exchange)->close();
    EXPECT_EQ(pool.idle(), 1U);
  }

  // Runs `transfer` with a small size and then the long one; checks what the long one adds.
  template <class Transfer>
  void expect_flat(const Transfer& transfer) {
    run(loop_, transfer(kMegabyte * 4));
    if (!test::forget_peak()) GTEST_SKIP() << "the peak of memory cannot be reset here";
    const std::size_t before = test::peak_bytes();
    run(loop_, transfer(kLong));
    const std::size_t growth = test::peak_bytes() - before;
    RecordProperty("growth_kb", static_cast<int>(growth / 1024));
    if (!test::kSanitized) EXPECT_LT(growth, 4 * kMegabyte);
  }

  static Task<void> cut_upload(Self* self, std::string lines, std::string part) {
    Wire wire = self->client();
    co_await wire.open();
    co_await say(&wire, "POST /count HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + part);
    co_await until(&self->loop_, [self] { return self->paths_.running == 1; });
    wire.drop();
    co_await until(&self->loop_, [self] { return self->paths_.running == 0; });
  }

  static Task<void> leave_while_waiting(Self* self) {
    Wire wire = self->client();
    co_await wire.open();
    co_await say(&wire, get("/wait"));
    co_await until(&self->loop_, [self] { return self->paths_.running == 1; });
    wire.drop();
    co_await until(&self->loop_, [self] { return self->front_->connections() == 0; });
    EXPECT_EQ(self->proxy_->pool().idle(), 0U);
  }

  static Task<std::string> malformed_upload(Self* self) {
    Wire wire = self->client();
    co_await wire.open();
    const std::string head =
        "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    co_await say(&wire, head + chunk("hello"));
    co_await until(&self->loop_, [self] { return self->paths_.running == 1; });
    co_await say(&wire, "not a chunk\r\n");
    co_return co_await wire.rest();
  }

  static Task<std::string> read_rest(Self* self, std::string target) {
    Wire wire = self->client();
    co_await wire.open();
    co_await say(&wire, get(target));
    co_return co_await wire.rest();
  }

  static Task<void> stay_deaf(Self* self) {
    Wire wire = self->client();
    co_await wire.open();
    co_await say(&wire, get("/chunks/1000000000"));
    std::uint64_t before = 1;
    while (self->paths_.produced == 0 || before != self->paths_.produced) {
      before = self->paths_.produced;
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(20));
      if (!slept) co_return;
    }
    // What the kernel holds on two connections.
    EXPECT_LT(self->paths_.produced, 32 * kMegabyte);
  }

  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Server> front_;
  Address front_address_;
};

INSTANTIATE_TEST_SUITE_P(Upstreams, ProxyTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

TEST_P(ProxyTest, ALongAnswerTakesLittleMemory) {
  start_both();
  expect_flat([this](std::uint64_t size) {
    return download(this, "/bytes/" + std::to_string(size), size);
  });
}

TEST_P(ProxyTest, ALongChunkedAnswerTakesLittleMemory) {
  start_both();
  expect_flat([this](std::uint64_t size) {
    return download(this, "/chunks/" + std::to_string(size), size);
  });
}

TEST_P(ProxyTest, ALongRequestTakesLittleMemory) {
  start_both();
  expect_flat([this](std::uint64_t size) { return upload(this, size, Length::kKnown); });
}

TEST_P(ProxyTest, ALongChunkedRequestTakesLittleMemory) {
  start_both();
  expect_flat([this](std::uint64_t size) { return upload(this, size, Length::kUnknown); });
}

// The upstream must not take a part for the whole.
TEST_P(ProxyTest, AnUploadThatIsCutOffIsNeverCompleted) {
  start_both({.orphan_time = milliseconds(10)});
  run(loop_, cut_upload(this, "Content-Length: 10\r\n", "half"));
  EXPECT_EQ(paths_.last_error, "unexpected EOF: the body was cut off");
  paths_.last_error.clear();
  run(loop_, cut_upload(this, "Transfer-Encoding: chunked\r\n", chunk("hello")));
  EXPECT_EQ(paths_.last_error, "unexpected EOF: the body was cut off");
}

TEST_P(ProxyTest, AMalformedUploadIsNeverCompleted) {
  start_both();
  const std::string said = run(loop_, malformed_upload(this));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 400 Bad Request\r\n")) << said;
  run(loop_, until(&loop_, [this] { return paths_.running == 0; }));
  EXPECT_EQ(paths_.last_error, "unexpected EOF: the body was cut off");
}

TEST_P(ProxyTest, AClientThatLeavesEndsTheUpstreamRequest) {
  start_both({.orphan_time = milliseconds(10)});
  run(loop_, leave_while_waiting(this));
}

// The client must not take a part for the whole.
TEST_P(ProxyTest, AnAnswerThatIsCutOffIsCutOffForTheClient) {
  start_both();
  const std::string said = run(loop_, read_rest(this, "/breaks/300000"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said.substr(0, 200);
  EXPECT_FALSE(said.ends_with("0\r\n\r\n"));
  EXPECT_EQ(proxy_->last_error, "unexpected EOF: the body was cut off");
}

TEST_P(ProxyTest, ASlowReaderHoldsTheUpstreamBack) {
  start_both({.orphan_time = milliseconds(10)});
  run(loop_, stay_deaf(this));
}

}  // namespace
}  // namespace edge::http1
