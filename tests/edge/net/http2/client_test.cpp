#include "edge/net/http2/client.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/edge/net/http2/fixture.h"

namespace edge::http2 {
namespace {

using test::Answer;
using test::Kind;
using test::until;

class Http2ClientTest : public test::Fixture {
 protected:
  // Asks for /wait `count` times at once; the gate is opened once `running` handlers wait.
  std::vector<Answer> wait_together(std::size_t count, int running) {
    std::vector<Answer> answers(count);
    TaskGroup group(loop_, "asking");
    for (Answer& answer : answers) {
      group.spawn(test::exchange_into(client_.get(), "/wait", &answer));
    }
    run(loop_, until(&loop_, [this, running] { return paths_.running >= running; }));
    paths_.gate.set();
    run(loop_, group.wait());
    return answers;
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Http2ClientTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

TEST_P(Http2ClientTest, StreamsShareAConnection) {
  start();
  connect();
  for (const Answer& answer : wait_together(100, 100)) EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(Http2ClientTest, GoesToASecondConnectionPastThePeersLimit) {
  start({{.streams = 10}});
  connect();
  for (const Answer& answer : wait_together(35, 35)) EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(client_->connections(), 4U);
}

TEST_P(Http2ClientTest, WaitsPastItsOwnLimit) {
  start({{.streams = 10}});
  connect({.connections = 2});
  for (const Answer& answer : wait_together(100, 20)) EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(client_->connections(), 2U);
  EXPECT_LE(paths_.most, 20);
}

TEST_P(Http2ClientTest, ConnectsAgain) {
  start();
  connect();
  EXPECT_EQ(ask("/hello").body, "hello");
  const Address where = address();
  stop();
  EXPECT_NE(ask("/hello").error, "");
  auto listener = where.is_unix() ? Listener::unix(loop_, where.path)
                                  : Listener::tcp(loop_, where.host, where.port);
  ASSERT_TRUE(listener);
  server_ = std::make_unique<Server>(loop_, std::move(*listener), paths_, ServerLimits{});
  server_->start();
  EXPECT_EQ(ask("/hello").body, "hello");
}

TEST_P(Http2ClientTest, RefusesAFieldThatCannotBeSent) {
  start();
  connect();
  HeaderList fields;
  fields.add("x-bad", "a\r\nb");
  const RequestHead head{.authority = "test", .path = "/hello", .fields = &fields};
  auto stream = run(loop_, client_->open(Ctx::background(), &head, Follows::kNothing));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, Code::kInvalidArgument);
  EXPECT_EQ(stream.error().message, "header \"x-bad\" has a value that HTTP/2 cannot carry");
}

Task<void> forget(Client* client, UvLoop* loop, test::Paths* paths) {
  {
    const RequestHead head{.authority = "test", .path = "/wait"};
    auto stream = co_await client->open(Ctx::background(), &head, Follows::kNothing);
    co_await until(loop, [paths] { return paths->running == 1; });
  }
  co_await until(loop, [paths] { return paths->running == 0; });
}

TEST_P(Http2ClientTest, AForgottenStreamIsReset) {
  start();
  connect();
  run(loop_, forget(client_.get(), &loop_, &paths_));
  EXPECT_EQ(paths_.last_error, "context canceled");
  EXPECT_EQ(ask("/hello").body, "hello");
  EXPECT_EQ(server_->connections(), 1U);
}

// A server of something else.
Task<void> say_http1(Listener* listener) {
  auto socket = co_await listener->accept(Ctx::background());
  if (!socket) co_return;
  const std::string_view answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
  const Status said = co_await (*socket)->write(Ctx::background(), std::span(&answer, 1));
  EXPECT_TRUE(said);
}

TEST_P(Http2ClientTest, TellsThatTheOtherEndSpeaksSomethingElse) {
  auto listener = Listener::tcp(loop_, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  TaskGroup group(loop_, "other");
  group.spawn(say_http1(listener->get()));
  const Address where{"127.0.0.1", (*listener)->port(), ""};
  client_ = std::make_unique<Client>(loop_, socket_dialer(loop_, where));
  EXPECT_EQ(ask("/hello").error, "the other end does not speak HTTP/2");
  run(loop_, group.wait());
}

}  // namespace
}  // namespace edge::http2
