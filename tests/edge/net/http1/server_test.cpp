#include "edge/net/http1/server.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/edge/net/http1/pattern_source.h"
#include "tests/edge/net/http1/server_fixture.h"

namespace edge::http1 {
namespace {

using test::Answer;
using test::Asked;
using test::Kind;
using test::Wire;

using test::chunk;
using test::get;
using test::post;
using test::post_chunks;

constexpr std::string_view kHost = "Host: a\r\n\r\n";

class ServerTest : public test::ServerFixture {};

INSTANTIATE_TEST_SUITE_P(Kinds, ServerTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

// Sends requests one after the other on one connection.
Task<std::vector<Answer>> in_turn(Wire* wire, std::vector<std::string> requests) {
  std::vector<Answer> answers;
  co_await wire->open();
  for (const std::string& request : requests) {
    const Status sent = co_await wire->send(request);
    if (!sent) throw std::runtime_error(sent.error().message);
    const Asked asked = request.starts_with("HEAD") ? Asked::kHead : Asked::kOther;
    const Answer answer = co_await wire->answer(asked);
    answers.push_back(answer);
  }
  co_return answers;
}

TEST_P(ServerTest, KeepsAConnection) {
  start();
  Wire client = wire();
  const auto answers =
      run(loop_, in_turn(&client, {get("/hello"), post("/echo", "body"), post("/echo", ""),
                                   post_chunks("/echo", "4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n"),
                                   post_chunks("/echo", "1;x=y\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"),
                                   get("/hello")}));
  ASSERT_EQ(answers.size(), 6U);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].body, "hello");
  EXPECT_TRUE(answers[0].says("X-From: hello")) << answers[0].head;
  EXPECT_TRUE(answers[0].says("Content-Length: 5"));
  EXPECT_FALSE(answers[0].head.contains("Connection:"));
  EXPECT_TRUE(answers[0].head.contains("\r\nDate: "));
  EXPECT_EQ(answers[1].body, "body");
  EXPECT_EQ(answers[2].body, "");
  EXPECT_EQ(answers[3].body, "wikipedia");
  EXPECT_EQ(answers[4].body, "a");
  EXPECT_EQ(answers[5].body, "hello");
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_P(ServerTest, ClosesWhereTheClientSaysSo) {
  start();
  const std::string said = talk(get("/hello", "Connection: close\r\n"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
  EXPECT_TRUE(said.ends_with("\r\n\r\nhello")) << said;
}

// What came behind the last request must not turn the answer into a reset.
TEST_P(ServerTest, ClosesCleanlyWithBytesUnread) {
  start();
  const std::string said = talk(get("/hello", "Connection: close\r\n") + std::string(200'000, 'x'));
  EXPECT_TRUE(said.ends_with("\r\n\r\nhello")) << said;
}

TEST_P(ServerTest, OldVersionClosesUnlessAsked) {
  start();
  const std::string said = talk("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
  EXPECT_TRUE(said.ends_with("\r\n\r\nhello")) << said;
  Wire client = wire();
  const std::string kept = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const auto answers = run(loop_, in_turn(&client, {kept, kept}));
  EXPECT_TRUE(answers[0].says("Connection: keep-alive")) << answers[0].head;
  EXPECT_EQ(answers[1].body, "hello");
}

TEST_P(ServerTest, OldVersionGetsABodyUntilClose) {
  start();
  const std::string said = talk("GET /chunks/30 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n\r\nabcdefghijklmnopqrstuvwabcdefg")) << said;
  EXPECT_FALSE(said.contains("Transfer-Encoding")) << said;
}

Task<std::vector<Answer>> at_once(Wire* wire, std::string requests, int count) {
  co_await wire->open();
  const Status sent = co_await wire->send(requests);
  if (!sent) throw std::runtime_error(sent.error().message);
  std::vector<Answer> answers;
  for (int i = 0; i < count; ++i) {
    const Answer answer = co_await wire->answer();
    answers.push_back(answer);
  }
  co_return answers;
}

TEST_P(ServerTest, PipelinesAHundred) {
  start();
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    const std::string body = "number " + std::to_string(i);
    requests += i % 3 == 0 ? post("/echo", body) : post_chunks("/echo", chunk(body) + "0\r\n\r\n");
  }
  Wire client = wire();
  const auto answers = run(loop_, at_once(&client, requests, 100));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[i].body, "number " + std::to_string(i));
}

// Pipelined bodies that a handler did not look at are not taken for requests.
TEST_P(ServerTest, PipelinesOverUnreadBodies) {
  start();
  const std::string smuggled = get("/wait");
  const std::string requests =
      post("/hello", smuggled) + post_chunks("/hello", "3\r\nGET\r\n0\r\n\r\n");
  Wire client = wire();
  const auto answers = run(loop_, at_once(&client, requests, 2));
  EXPECT_EQ(answers[0].body, "hello");
  EXPECT_EQ(answers[1].body, "hello");
  EXPECT_EQ(paths_.handled, 2);
}

TEST_P(ServerTest, AnswersHead) {
  start();
  Wire client = wire();
  const auto answers =
      run(loop_,
          in_turn(&client, {"HEAD /hello HTTP/1.1\r\n" + std::string(kHost),
                            "HEAD /bytes/50 HTTP/1.1\r\n" + std::string(kHost),
                            "HEAD /chunks/50 HTTP/1.1\r\n" + std::string(kHost), get("/hello")}));
  EXPECT_TRUE(answers[0].says("Content-Length: 5")) << answers[0].head;
  EXPECT_TRUE(answers[1].says("Content-Length: 50")) << answers[1].head;
  EXPECT_EQ(answers[2].status, 200);
  EXPECT_EQ(answers[3].body, "hello");
}

TEST_P(ServerTest, SomeAnswersHaveNoBody) {
  start();
  Wire client = wire();
  const auto answers =
      run(loop_, in_turn(&client, {get("/status/204"), get("/status/304"), get("/status/404")}));
  EXPECT_TRUE(answers[0].head.starts_with("HTTP/1.1 204 No Content\r\n")) << answers[0].head;
  EXPECT_FALSE(answers[0].head.contains("Content-Length")) << answers[0].head;
  EXPECT_FALSE(answers[1].head.contains("Content-Length")) << answers[1].head;
  EXPECT_TRUE(answers[2].head.starts_with("HTTP/1.1 404 Not Found\r\n")) << answers[2].head;
  EXPECT_EQ(answers[2].body, "a body");
}

TEST_P(ServerTest, StreamsTheAnswer) {
  start();
  Wire client = wire();
  const auto answers = run(loop_, in_turn(&client, {get("/bytes/300000"), get("/chunks/300000"),
                                                    get("/chunks/0"), get("/bytes/0")}));
  EXPECT_TRUE(answers[0].says("Content-Length: 300000")) << answers[0].head;
  EXPECT_TRUE(answers[1].says("Transfer-Encoding: chunked")) << answers[1].head;
  EXPECT_EQ(answers[0].body.size(), 300'000U);
  EXPECT_EQ(answers[0].body, answers[1].body);
  test::PatternCheck check;
  check.add(answers[0].body);
  EXPECT_EQ(check.wrong(), 0U);
  EXPECT_EQ(answers[2].body, "");
  EXPECT_EQ(answers[3].body, "");
}

Task<std::vector<std::string>> echo_piece_by_piece(Wire* wire) {
  co_await wire->open();
  std::vector<std::string> heard;
  const std::string head = post_chunks("/stream", "");
  const Status begun = co_await wire->send(head);
  if (!begun) throw std::runtime_error(begun.error().message);
  const std::string answer = co_await wire->through("\r\n\r\n");
  heard.push_back(answer.substr(0, 15));
  for (const char* piece : {"1\r\na\r\n", "2\r\nbc\r\n"}) {
    const Status sent = co_await wire->send(piece);
    if (!sent) throw std::runtime_error(sent.error().message);
    const std::string back = co_await wire->exactly(std::string_view(piece).size());
    heard.push_back(back);
  }
  const Status ended = co_await wire->send("0\r\n\r\n");
  if (!ended) throw std::runtime_error(ended.error().message);
  const std::string last = co_await wire->through("0\r\n\r\n");
  heard.push_back(last);
  co_return heard;
}

// The answer begins before the request is through, and each piece goes out as it comes.
TEST_P(ServerTest, StreamsBothWaysAtOnce) {
  start();
  Wire client = wire();
  const auto heard = run(loop_, echo_piece_by_piece(&client));
  EXPECT_EQ(heard, (std::vector<std::string>{"HTTP/1.1 200 OK", "1\r\na\r\n", "2\r\nbc\r\n",
                                             "0\r\n\r\n"}));
}

TEST_P(ServerTest, RefusesWhatItCannotRead) {
  start();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"garbage\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
      {"\x16\x03\x01\x02", "400 Bad Request"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
      {get("/", "X: " + std::string(9000, 'x') + "\r\n"), "431 Request Header Fields Too Large"},
      {get("/" + std::string(100'000, 'x')), "431 Request Header Fields Too Large"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400 Bad Request"},
  };
  for (const auto& [bytes, expected] : cases) {
    const std::string said = talk(bytes);
    EXPECT_TRUE(said.starts_with("HTTP/1.1 " + expected + "\r\n")) << said;
    EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
    EXPECT_FALSE(said.ends_with("[reset]")) << said;
  }
  EXPECT_EQ(paths_.handled, 0);
}

// A good request in front is answered before the bad one is refused.
TEST_P(ServerTest, AnswersWhatCameBeforeGarbage) {
  start();
  const std::string said = talk(get("/hello") + "garbage\r\n\r\n");
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n")) << said;
  EXPECT_TRUE(said.contains("helloHTTP/1.1 400 Bad Request\r\n")) << said;
}

TEST_P(ServerTest, MalformedChunksReachTheHandlerAndEndTheConnection) {
  start();
  const std::string said = talk(post_chunks("/echo", "5\r\nhello\r\nxyz\r\n"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 400 Bad Request\r\n")) << said;
  EXPECT_TRUE(said.contains("malformed chunked body")) << said;
  EXPECT_TRUE(said.contains("\r\nConnection: close\r\n")) << said;
}

Task<Answer> drip(Wire* wire, Loop* loop, std::string bytes) {
  co_await wire->open();
  for (const char c : bytes) {
    const Status sent = co_await wire->send(std::string(1, c));
    if (!sent) throw std::runtime_error(sent.error().message);
    // The server reads each byte on its own.
    const Status slept = co_await sleep_for(*loop, Ctx::background(), std::chrono::nanoseconds(1));
    if (!slept) throw std::runtime_error(slept.error().message);
  }
  co_return co_await wire->answer();
}

TEST_P(ServerTest, ReadsByteByByte) {
  start();
  Wire client = wire();
  const std::string request = "\r\n" + post_chunks("/echo", "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
  const Answer answer = run(loop_, drip(&client, &loop_, request));
  EXPECT_EQ(answer.body, "abcd");
}

TEST_P(ServerTest, ExceptionsBecome500) {
  start();
  for (const char* target : {"/throws", "/throws-number", "/silent"}) {
    const std::string said = talk(get(target));
    EXPECT_TRUE(said.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << said;
    EXPECT_FALSE(said.contains("thrown by")) << said;
  }
  EXPECT_EQ(talk(get("/hello", "Connection: close\r\n")).substr(0, 15), "HTTP/1.1 200 OK");
}

}  // namespace
}  // namespace edge::http1
