#include "edge/net/grpc/client.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "edge/net/grpc/server.h"
#include "tests/support/timing.h"

namespace edge::grpc {
namespace {

// Answers by the call's path.
class Calls final : public CallHandler {
 public:
  Task<Outcome> handle(Ctx ctx, ServerCall* call) override {
    if (call->path() == "/s/early") {
      co_return Outcome{Error{Code::kResourceExhausted, "no: 50 %"}, "\x08\x08", {}};
    }
    auto message = co_await call->read_only(ctx);
    if (!message) co_return Outcome{message.error(), "", {}};
    std::string text(*message);
    call->add_metadata("x-first", "1");
    call->add_trailer("x-last", "2");
    if (call->path() == "/s/twice") {
      const Status sent = co_await call->write(ctx, text);
      if (!sent) co_return Outcome{sent, "", {}};
    }
    if (call->path().starts_with("/s/double")) text += text;
    if (call->path() == "/s/double-twice") {
      const Status sent = co_await call->write(ctx, text);
      co_return Outcome{sent, "", {}};
    }
    if (call->path() == "/s/nothing") co_return Outcome{Status(), "", {}};
    co_return Outcome{Status(), "", std::move(text)};
  }
};

struct Answer {
  Code code = Code::kInternal;  // kOk is no Code
  bool ok = false;
  std::string text;  // the message, or the error's
  std::string details;
  std::string first;
  std::string last;
  std::string accepts;  // grpc-accept-encoding
};

class GrpcClientTest : public testing::Test {
 protected:
  GrpcClientTest() : server_of_calls_(loop_, calls_, {kMessageLimit, &budget_}) { listen(0); }
  ~GrpcClientTest() override {
    if (client_) run(loop_, client_->close());
    stop();
  }

  void listen(std::uint16_t port) {
    auto listener = Listener::tcp(loop_, "127.0.0.1", port);
    if (!listener) throw std::runtime_error(listener.error().message);
    server_ = std::make_unique<http2::Server>(loop_, std::move(*listener), server_of_calls_,
                                              http2::ServerLimits{});
    server_->start();
    port_ = server_->port();
  }
  void stop() {
    if (!server_) return;
    CancelScope now;
    now.cancel();
    run(loop_, server_->stop(now.ctx()));
    server_.reset();
  }

  Answer ask(const std::string& path, const std::string& message, std::size_t limit = 1 << 20,
             const char* time = "") {
    if (!client_) {
      client_ = std::make_unique<http2::Client>(
          loop_, socket_dialer(loop_, Address{"127.0.0.1", port_, ""}));
    }
    return run(loop_, exchange(client_.get(), path, message, {limit, time}));
  }

  struct Bounds {
    std::size_t limit;
    std::string time;  // grpc-timeout, where not ""
  };
  static Task<Answer> exchange(http2::Client* client, std::string path, std::string message,
                               Bounds bounds) {
    HeaderList fields;
    add_call_fields(fields);
    if (!bounds.time.empty()) fields.add("grpc-timeout", bounds.time);
    http2::RequestHead head;
    head.authority = "test";
    head.path = path;
    head.fields = &fields;
    ClientCall call(*client, head);
    Answer answer;
    auto opened = co_await call.open(Ctx::background());
    if (!opened) {
      answer.code = opened.error().code;
      answer.text = "not opened";
      co_return answer;
    }
    auto got = co_await call.exchange(Ctx::background(), message, bounds.limit);
    answer.ok = static_cast<bool>(got.ending.status);
    answer.text = answer.ok ? got.message : got.ending.status.error().message;
    if (!answer.ok) answer.code = got.ending.status.error().code;
    answer.details = got.ending.details;
    answer.first = call.stream().head().headers.find("x-first").value_or("");
    answer.accepts = call.stream().head().headers.find("grpc-accept-encoding").value_or("");
    if (got.ending.trailers != nullptr) {
      answer.last = got.ending.trailers->find("x-last").value_or("");
    }
    co_return answer;
  }

  UvLoop loop_;
  Calls calls_;
  static constexpr std::size_t kBudget = kMessageLimit + 1000;
  MessageBudget budget_{kBudget};
  CallServer server_of_calls_;
  std::unique_ptr<http2::Server> server_;
  std::unique_ptr<http2::Client> client_;
  std::uint16_t port_ = 0;
};

TEST_F(GrpcClientTest, ExchangesMessages) {
  const Answer answer = ask("/s/echo", "hello");
  EXPECT_TRUE(answer.ok) << answer.text;
  EXPECT_EQ(answer.text, "hello");
  EXPECT_EQ(answer.first, "1");
  EXPECT_EQ(answer.last, "2");
  EXPECT_EQ(answer.accepts, "identity,gzip");
  EXPECT_EQ(ask("/s/echo", "").text, "");
  const std::string large(500'000, 'x');
  EXPECT_EQ(ask("/s/echo", large).text, large);
}

TEST_F(GrpcClientTest, TellsHowACallFailed) {
  const Answer answer = ask("/s/early", std::string(500'000, 'x'));
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(answer.code, Code::kResourceExhausted);
  EXPECT_EQ(answer.text, "no: 50 %");
  EXPECT_EQ(answer.details, "\x08\x08");
  EXPECT_EQ(answer.accepts, "identity,gzip");
}

TEST_F(GrpcClientTest, TakesOneMessageWithinItsLimit) {
  EXPECT_EQ(ask("/s/twice", "a").text, "grpc: the server sent more than one message");
  EXPECT_EQ(ask("/s/echo", "12345", 4).code, Code::kResourceExhausted);
  EXPECT_EQ(ask("/s/nothing", "a").text, "");
}

TEST_F(GrpcClientTest, AServerSendsNothingOverItsLimit) {
  const std::string most(kMessageLimit, 'x');
  EXPECT_EQ(ask("/s/echo", most, 2 * kMessageLimit).text.size(), most.size());
  EXPECT_EQ(ask("/s/twice", most, 2 * kMessageLimit).text,
            "grpc: the server sent more than one message");
  const Answer much = ask("/s/double", most.substr(1), 2 * kMessageLimit);
  EXPECT_EQ(much.code, Code::kResourceExhausted);
  EXPECT_EQ(much.text, "trying to send message larger than max (8388606 vs. 4194304)");
  const Answer more = ask("/s/double-twice", most.substr(1), 2 * kMessageLimit);
  EXPECT_EQ(more.code, Code::kResourceExhausted);
}

TEST_F(GrpcClientTest, TheLongestDeadlineIsNotOver) {
  for (const char* time : {"2562047H", "99999999H", "99999999S"}) {
    EXPECT_EQ(ask("/s/echo", "a", 100, time).text, "a") << time;
  }
}

TEST_F(GrpcClientTest, AllCallsHoldNoMoreThanTheBudget) {
  const std::string large(300'000, 'x');
  EXPECT_EQ(ask("/s/echo", large).text, large);
  {
    MessageBudget::Hold other(&budget_);
    ASSERT_TRUE(other.resize(kBudget - 200'000));
    const Answer refused = ask("/s/echo", large);
    EXPECT_EQ(refused.code, Code::kResourceExhausted);
    EXPECT_EQ(refused.text, "the hub holds as many bytes of requests as it may; try again later");
    EXPECT_EQ(ask("/s/echo", "small").text, "small");
  }
  EXPECT_EQ(ask("/s/echo", large).text, large);
  EXPECT_EQ(budget_.left(), kBudget);
}

TEST_F(GrpcClientTest, ConnectsAgain) {
  EXPECT_TRUE(ask("/s/echo", "a").ok);
  stop();
  const Answer down = ask("/s/echo", "a");
  EXPECT_EQ(down.code, Code::kUnavailable);
  listen(port_);
  EXPECT_TRUE(ask("/s/echo", "a").ok);
}

// No gRPC at all: the status of HTTP decides.
TEST_F(GrpcClientTest, AnotherServerIsNotUnderstood) {
  class Other final : public http2::Handler {
   public:
    Task<void> handle(Ctx ctx, http2::ServerExchange exchange) override {
      const Status begun = exchange.stream->answer(404, {}, http2::Follows::kBody);
      if (!begun) co_return;
      const Status sent = co_await exchange.stream->end(ctx, "<html>");
      EXPECT_TRUE(sent);
    }
  };
  stop();
  Other other;
  auto listener = Listener::tcp(loop_, "127.0.0.1", port_);
  ASSERT_TRUE(listener);
  server_ =
      std::make_unique<http2::Server>(loop_, std::move(*listener), other, http2::ServerLimits{});
  server_->start();
  EXPECT_EQ(ask("/s/echo", "a").code, Code::kUnimplemented);
  run(loop_, client_->close());
  client_.reset();
  stop();
}

}  // namespace
}  // namespace edge::grpc
