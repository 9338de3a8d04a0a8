// Request and answer bodies of a Server: 100-continue, bodies that nobody reads, slow readers,
// sources that break.

#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/server.h"
#include "tests/edge/net/http1/pattern_source.h"
#include "tests/edge/net/http1/server_fixture.h"

namespace edge::http1 {
namespace {

using std::chrono::milliseconds;
using test::Answer;
using test::chunk;
using test::get;
using test::Kind;
using test::post;
using test::post_chunks;
using test::Wire;

constexpr const char* kExpect = "Expect: 100-continue\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string post_head(const std::string& target, std::size_t length, const std::string& lines) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + lines + "\r\n";
}

Task<void> say(Wire* wire, std::string bytes) {
  const Status sent = co_await wire->send(bytes);
  if (!sent) throw std::runtime_error(sent.error().message);
}

class ServerBodyTest : public test::ServerFixture {};

INSTANTIATE_TEST_SUITE_P(Kinds, ServerBodyTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

Task<void> continue_twice(Wire* wire) {
  co_await wire->open();
  for (int i = 0; i < 2; ++i) {
    co_await say(wire, post_head("/echo", 5, kExpect));
    const std::string interim = co_await wire->through("\r\n\r\n");
    EXPECT_EQ(interim, kContinue);
    co_await say(wire, "hello");
    const Answer answer = co_await wire->answer();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_FALSE(answer.head.contains("Connection: close"));
  }
}

TEST_P(ServerBodyTest, ContinueIsSaidWhenTheBodyIsWanted) {
  start();
  Wire client = wire();
  run(loop_, continue_twice(&client));
}

TEST_P(ServerBodyTest, ContinueIsNotSaidWhenTheBodyIsThere) {
  start();
  const std::string lines = std::string(kExpect) + "Connection: close\r\n";
  const std::string said = talk(post("/echo", "hello", lines));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
  EXPECT_TRUE(said.ends_with("\r\n\r\nhello")) << said;
}

Task<void> unneeded_continue(Wire* wire) {
  co_await wire->open();
  co_await say(wire, post("/echo", "hello", kExpect) + get("/hello"));
  const Answer first = co_await wire->answer();
  EXPECT_FALSE(first.head.contains("Connection: close")) << first.head;
  const Answer second = co_await wire->answer();
  EXPECT_EQ(second.body, "hello");
}

TEST_P(ServerBodyTest, AnUnneededExpectationCostsNoConnection) {
  start();
  Wire client = wire();
  run(loop_, unneeded_continue(&client));
}

// The client waits for 100, is refused, and never sends its body.
TEST_P(ServerBodyTest, RefusesWithoutReading) {
  start();
  Wire client = wire();
  const auto refused = [](Wire* wire) -> Task<void> {
    co_await wire->open();
    co_await say(wire, post_head("/status/403", 5, kExpect));
    const Answer answer = co_await wire->answer();
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.says("Connection: close")) << answer.head;
    const std::string rest = co_await wire->rest();
    EXPECT_EQ(rest, "");
  };
  run(loop_, refused(&client));
}

TEST_P(ServerBodyTest, AnExpectationWithoutABodyIsNothing) {
  start();
  const std::string said = talk(get("/hello", std::string(kExpect) + "Connection: close\r\n"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
}

Task<std::string> two_posts(Wire* wire, std::string target, std::size_t size) {
  co_await wire->open();
  co_await say(wire, post(target, std::string(size, 'x')) + get("/hello"));
  co_return co_await wire->rest();
}

TEST_P(ServerBodyTest, AShortBodyLeftUnreadIsReadAway) {
  start();
  Wire client = wire();
  const auto both = [](Wire* wire) -> Task<void> {
    co_await wire->open();
    co_await say(wire, post("/status/403", std::string(200'000, 'x')) + get("/hello"));
    const Answer first = co_await wire->answer();
    EXPECT_EQ(first.status, 403);
    const Answer second = co_await wire->answer();
    EXPECT_EQ(second.body, "hello");
  };
  run(loop_, both(&client));
}

// The body is much longer than all buffers: the client is still sending when the answer comes.
TEST_P(ServerBodyTest, ALongBodyLeftUnreadEndsTheConnectionCleanly) {
  start();
  Wire client = wire();
  const std::string said = run(loop_, two_posts(&client, "/status/413", 3'000'000));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 413 ")) << said;
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
  EXPECT_TRUE(said.ends_with("\r\n\r\na body")) << said;
  EXPECT_EQ(paths_.handled, 1);
}

TEST_P(ServerBodyTest, ACutOffBodyIsNoWholeBody) {
  start();
  Wire client = wire();
  const auto cut = [](Wire* wire) -> Task<std::string> {
    co_await wire->open();
    co_await say(wire, post_head("/echo", 10, "") + "half");
    co_await wire->end();
    co_return co_await wire->rest();
  };
  const std::string said = run(loop_, cut(&client));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 503 ")) << said;
  EXPECT_EQ(paths_.last_error, "unexpected EOF: the body was cut off");
}

TEST_P(ServerBodyTest, ACutOffChunkedBodyIsNoWholeBody) {
  start();
  Wire client = wire();
  const auto cut = [](Wire* wire) -> Task<std::string> {
    co_await wire->open();
    co_await say(wire, post_chunks("/echo", chunk("hello")));
    co_await wire->end();
    co_return co_await wire->rest();
  };
  const std::string said = run(loop_, cut(&client));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 503 ")) << said;
}

// A client that does not read holds the source back; when it reads, it gets everything.
Task<void> read_late(Wire* wire, Loop* loop, test::Paths* paths, std::string target) {
  co_await wire->open();
  co_await say(wire, get(target));
  // The wire reads one buffer ahead; then all stands still.
  std::uint64_t before = 1;
  while (paths->produced == 0 || before != paths->produced) {
    before = paths->produced;
    const Status slept = co_await sleep_for(*loop, Ctx::background(), milliseconds(20));
    if (!slept) throw std::runtime_error(slept.error().message);
  }
  EXPECT_LT(paths->produced, 16'000'000U);
  const Answer answer = co_await wire->answer();
  EXPECT_EQ(answer.body.size(), 40'000'000U);
  test::PatternCheck check;
  check.add(answer.body);
  EXPECT_EQ(check.wrong(), 0U);
}

TEST_P(ServerBodyTest, ASlowReaderHoldsTheSourceBack) {
  start();
  for (const char* target : {"/bytes/40000000", "/chunks/40000000"}) {
    Wire client = wire();
    paths_.produced = 0;
    run(loop_, read_late(&client, &loop_, &paths_, target));
  }
}

// The client must not take a part for the whole.
TEST_P(ServerBodyTest, ASourceThatBreaksCutsTheConnection) {
  start();
  const std::string said = talk(get("/breaks/300000"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said.substr(0, 200);
  EXPECT_GT(said.size(), 300'000U);
  EXPECT_FALSE(said.ends_with("0\r\n\r\n"));
  EXPECT_EQ(paths_.last_error, "the source broke");
}

// Nothing has been said yet: then there is an answer.
TEST_P(ServerBodyTest, ASourceOfTheWrongLengthCutsTheConnection) {
  start();
  for (const char* target : {"/too-short", "/too-long"}) {
    const std::string said = talk(get(target));
    EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said.substr(0, 200);
    EXPECT_LT(said.size(), 101'000U);
    EXPECT_EQ(paths_.last_error, "the body is not as long as the answer says");
  }
}

}  // namespace
}  // namespace edge::http1
