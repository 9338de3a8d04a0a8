#include "edge/net/http2/server.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/edge/net/http2/fixture.h"

namespace edge::http2 {
namespace {

using test::Answer;
using test::Kind;
using test::until;

class Http2ServerTest : public test::Fixture {};

INSTANTIATE_TEST_SUITE_P(Kinds, Http2ServerTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

std::string pattern(std::size_t size) {
  std::string text(size, 'a');
  for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>('a' + at % 23);
  return text;
}

TEST_P(Http2ServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  connect();
  for (int round = 0; round < 300; ++round) {
    const Answer answer = ask("/hello");
    ASSERT_EQ(answer.error, "");
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, "hello");
  }
  EXPECT_EQ(server_->connections(), 1U);
  EXPECT_EQ(ask("/nowhere").status, 404);
}

TEST_P(Http2ServerTest, CarriesLongBodiesBothWays) {
  start();
  connect();
  const std::string body = pattern(5'000'000);
  const Answer whole = ask("/echo", body);
  EXPECT_EQ(whole.error, "");
  EXPECT_TRUE(whole.body == body);
  EXPECT_EQ(ask("/bytes/3000001").body.size(), 3'000'001U);
}

TEST_P(Http2ServerTest, SendsTrailers) {
  start();
  connect();
  for (const std::string& body : {std::string("text"), std::string(), pattern(200'000)}) {
    const Answer answer = ask("/trailers", body);
    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.body == body);
    EXPECT_EQ(answer.trailers, "grpc-status: 0\nx-read: all\n");
  }
}

TEST_P(Http2ServerTest, TellsWhatAHandlerDidNot) {
  start();
  connect();
  EXPECT_EQ(ask("/throws").status, 500);
  EXPECT_EQ(ask("/silent").status, 500);
  const Answer half = ask("/half");
  EXPECT_EQ(half.status, 200);
  EXPECT_EQ(half.error, "the HTTP/2 stream was reset: INTERNAL_ERROR");
  EXPECT_EQ(ask("/hello").body, "hello");
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(Http2ServerTest, AnswersWithoutReadingTheBody) {
  start();
  connect();
  for (int round = 0; round < 40; ++round) {
    const Answer answer = ask("/unread", pattern(100'000));
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, "not read");
  }
  // What was left unread has been given back: there is room for more.
  EXPECT_EQ(ask("/echo", pattern(300'000)).body.size(), 300'000U);
  EXPECT_EQ(server_->connections(), 1U);
}

Task<void> read_slowly(Client* client, test::Paths* paths, UvLoop* loop, std::uint64_t* seen) {
  const Ctx ctx = Ctx::background();
  const RequestHead head{.method = "GET", .authority = "test", .path = "/bytes/4000000"};
  auto stream = co_await client->open(ctx, &head, Follows::kNothing);
  if (!stream) co_return;
  const Status came = co_await (*stream)->wait_head(ctx);
  EXPECT_TRUE(came);
  // The server stands still while nothing is read: a turn more gives nothing more.
  std::uint64_t before = 1;
  while (paths->produced != before || before == 0) {
    before = paths->produced;
    const Status slept = co_await sleep_for(*loop, ctx, std::chrono::milliseconds(50));
    if (!slept) co_return;
  }
  EXPECT_LE(before, 64U * 1024U);
  while (!(*stream)->body().finished()) {
    auto piece = co_await (*stream)->body().read(ctx);
    if (!piece) co_return;
    *seen += piece->size();
  }
}

TEST_P(Http2ServerTest, ASlowReaderHoldsAWindow) {
  start();
  connect();
  std::uint64_t seen = 0;
  run(loop_, read_slowly(client_.get(), &paths_, &loop_, &seen));
  EXPECT_EQ(seen, 4'000'000U);
}

Task<void> upload_to_wait(Client* client, UvLoop* loop, test::Paths* paths, std::uint64_t* sent) {
  const Ctx ctx = Ctx::background();
  const RequestHead head{.authority = "test", .path = "/wait"};
  auto stream = co_await client->open(ctx, &head, Follows::kBody);
  if (!stream) co_return;
  const std::string piece(8192, 'u');
  while (true) {
    DeadlineScope limit(*loop, ctx, std::chrono::milliseconds(300));
    const Status written = co_await (*stream)->write(limit.ctx(), piece);
    if (!written) break;
    *sent += piece.size();
  }
  co_await until(loop, [paths] { return paths->running == 0; });
}

TEST_P(Http2ServerTest, AHandlerThatReadsNothingStopsTheSender) {
  start();
  connect();
  std::uint64_t sent = 0;
  run(loop_, upload_to_wait(client_.get(), &loop_, &paths_, &sent));
  EXPECT_EQ(sent, 64U * 1024U);
  // The write that was given up has reset the stream, and so cancelled its handler.
  EXPECT_EQ(paths_.last_error, "context canceled");
}

Task<void> hang_up(Client* client, UvLoop* loop, test::Paths* paths) {
  const RequestHead head{.authority = "test", .path = "/wait"};
  auto stream = co_await client->open(Ctx::background(), &head, Follows::kNothing);
  co_await until(loop, [paths] { return paths->running == 1; });
  co_await client->close();
  co_await until(loop, [paths] { return paths->running == 0; });
  const Status came = co_await (*stream)->wait_head(Ctx::background());
  EXPECT_EQ(came.error().code, Code::kUnavailable);
}

TEST_P(Http2ServerTest, ALostConnectionCancelsItsHandlers) {
  start();
  connect();
  run(loop_, hang_up(client_.get(), &loop_, &paths_));
  EXPECT_EQ(paths_.last_error, "context canceled");
}

TEST_P(Http2ServerTest, StopAnswersWhatIsUnderWay) {
  start();
  connect();
  TaskGroup asking(loop_, "asking");
  Answer answer;
  asking.spawn(test::exchange_into(client_.get(), "/wait", &answer));
  run(loop_, until(&loop_, [this] { return paths_.running == 1; }));
  bool stopped = false;
  struct Stop {
    static Task<void> now(Server* server, bool* done) {
      co_await server->stop(Ctx::background());
      *done = true;
    }
  };
  asking.spawn(Stop::now(server_.get(), &stopped));
  run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::milliseconds(50))).value();
  EXPECT_FALSE(stopped);
  paths_.gate.set();
  run(loop_, asking.wait());
  EXPECT_TRUE(stopped);
  EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_NE(ask("/hello").error, "");
}

TEST_P(Http2ServerTest, RefusesALargeHead) {
  start({{.header_bytes = 4096}});
  connect();
  EXPECT_EQ(ask("/" + std::string(5000, 'p')).status, 431);
  EXPECT_EQ(ask("/hello").status, 200);
  EXPECT_EQ(paths_.handled, 1);
}

TEST_P(Http2ServerTest, AnIdleConnectionEnds) {
  start({{.idle_time = std::chrono::milliseconds(100)}});
  connect();
  EXPECT_EQ(ask("/hello").status, 200);
  run(loop_, until(&loop_, [this] { return server_->connections() == 0; }));
  EXPECT_EQ(ask("/hello").status, 200);
}

TEST_P(Http2ServerTest, APeerThatTakesNothingIsCutOff) {
  start({{.stall_time = std::chrono::milliseconds(200)}});
  connect();
  const RequestHead head{.authority = "test", .path = "/bytes/4000000"};
  auto stream = run(loop_, client_->open(Ctx::background(), &head, Follows::kNothing));
  ASSERT_TRUE(stream);
  run(loop_, until(&loop_, [this] { return paths_.handled == 1 && paths_.running == 0; }));
  EXPECT_EQ(paths_.last_error, "the peer has taken nothing for 200ms");
}

}  // namespace
}  // namespace edge::http2
