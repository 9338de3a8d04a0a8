// One exchange of a ClientPool: framing of requests, answers of all kinds, uploads and their ends.

#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/client_pool.h"
#include "tests/edge/net/http1/pattern_source.h"
#include "tests/edge/net/http1/pool_fixture.h"

namespace edge::http1 {
namespace {

using std::chrono::milliseconds;
using test::Asking;
using test::Outcome;
using test::PatternSource;
using test::posting;
using test::Wire;
using Length = test::PatternSource::Length;

std::string letters(std::size_t size) {
  std::string text;
  text.resize(size, 'x');
  return text;
}

class ClientExchangeTest : public test::PoolFixture {
 protected:
  using Self = ClientExchangeTest;

  static Task<void> keep_outcome(Self* self, Asking asking, Outcome* outcome) {
    *outcome = co_await ask(self, std::move(asking));
  }
  // Answers one request with `bytes` and ends the connection. `heard` is all of the request.
  static Task<void> answer_with(Self* self, std::string bytes, std::string* heard) {
    Wire wire = co_await accept(self);
    *heard = co_await wire.through("\r\n\r\n");
    const Status sent = co_await wire.send(bytes);
    EXPECT_TRUE(sent);
    co_await wire.end();
    *heard += co_await wire.rest();
  }
  Outcome asked(const std::string& answer, Asking asking = {}) {
    Outcome outcome;
    play(answer_with(this, answer, &heard_), keep_outcome(this, std::move(asking), &outcome));
    return outcome;
  }

  // Never answers; `heard` is everything up to the end of the connection.
  static Task<void> listen_only(Self* self, std::string begun, std::string* heard) {
    Wire wire = co_await accept(self);
    const Status sent = co_await wire.send(begun);
    EXPECT_TRUE(sent);
    *heard = co_await wire.rest();
  }
  static Task<void> ask_for_a_moment(Self* self, Asking asking, Outcome* outcome) {
    DeadlineScope limit(self->loop_, Ctx::background(), milliseconds(30));
    *outcome = co_await ask(self, std::move(asking), limit.ctx());
    EXPECT_EQ(self->pool().idle(), 0U);
  }

  // Takes the connection, and reads nothing until the client has given up.
  static Task<void> play_deaf(Self* self, const Outcome* outcome) {
    const Wire wire = co_await accept(self);
    while (!outcome->error) {
      const Status slept = co_await sleep_for(self->loop_, Ctx::background(), milliseconds(1));
      EXPECT_TRUE(slept);
    }
  }

  static Task<void> serve_streams(Self* self, std::string* heard) {
    const std::string done = "HTTP/1.1 204 No Content\r\n\r\n";
    Wire wire = co_await accept(self);
    *heard = co_await wire.through("abcde");
    Status sent = co_await wire.send(done);
    EXPECT_TRUE(sent);
    const std::string second = co_await wire.through("0\r\n\r\n");
    sent = co_await wire.send(done);
    EXPECT_TRUE(sent);
    *heard += "|" + second;
  }
  static Task<void> ask_streams(Self* self) {
    PatternSource known(5, Length::kKnown);
    const Outcome one = co_await ask(self, posting(&known));
    EXPECT_EQ(one.status, 204);
    PatternSource unknown(5, Length::kUnknown);
    const Outcome two = co_await ask(self, posting(&unknown));
    EXPECT_EQ(two.status, 204);
    EXPECT_EQ(self->pool().idle(), 1U);
  }

  // Reads the head, answers, and hangs up over the rest of the body.
  static Task<void> refuse_early(Self* self) {
    Wire wire = co_await accept(self);
    const std::string head = co_await wire.through("\r\n\r\n");
    const Status sent = co_await wire.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    EXPECT_TRUE(sent);
  }

  // Says what comes back, piece by piece, before it has everything.
  static Task<void> echo_as_it_comes(Self* self, std::size_t size) {
    Wire wire = co_await accept(self);
    const std::string head = co_await wire.through("\r\n\r\n");
    const std::string length = std::to_string(size);
    Status sent = co_await wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
    for (std::size_t done = 0; done < size && sent; done += 10'000) {
      const std::string piece = co_await wire.exactly(10'000);
      sent = co_await wire.send(piece);
    }
    EXPECT_TRUE(sent);
  }

  std::string heard_;
};

TEST_F(ClientExchangeTest, FramesRequests) {
  const std::string ok = "HTTP/1.1 204 No Content\r\n\r\n";
  const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\n";
  asked(ok);
  EXPECT_EQ(heard_, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  asked(ok, {.head = head, .says_length = true});
  EXPECT_EQ(heard_, head + "Content-Length: 0\r\n\r\n");
  TextSource text("hello");
  asked(ok, posting(&text));
  EXPECT_EQ(heard_, head + "Content-Length: 5\r\n\r\nhello");
}

TEST_F(ClientExchangeTest, FramesStreams) {
  play(serve_streams(this, &heard_), ask_streams(this));
  const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(heard_, head + "Content-Length: 5\r\n\r\nabcde|" + head +
                        "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n");
}

TEST_F(ClientExchangeTest, ReadsAnswersOfAllFramings) {
  EXPECT_EQ(asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").body, "ok");
  EXPECT_EQ(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").body,
            "ok");
  EXPECT_EQ(asked("HTTP/1.1 200 OK\r\n\r\nuntil close").body, "until close");
  EXPECT_EQ(asked("HTTP/1.0 200 OK\r\n\r\nuntil close").body, "until close");
  EXPECT_EQ(asked("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n").headers, "X-A=b;");
  const Outcome head =
      asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", {.answering = Answering::kHead});
  EXPECT_EQ(head.status, 200);
  EXPECT_FALSE(head.error);
}

TEST_F(ClientExchangeTest, SkipsInterimAnswers) {
  const Outcome outcome = asked(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nmade");
  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(outcome.headers, "Content-Length=4;");
  EXPECT_EQ(outcome.body, "made");
}

TEST_F(ClientExchangeTest, TellsHowAnAnswerIsBroken) {
  const std::vector<std::pair<std::string, Code>> cases = {
      {"", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\nContent-Le", Code::kUnavailable},
      {"HTTP/1.1 100 Continue\r\n\r\n", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Code::kUnavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Code::kInvalidArgument},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Code::kInvalidArgument},
      {"garbage\r\n\r\n", Code::kInvalidArgument},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", Code::kResourceExhausted},
  };
  for (const auto& [answer, code] : cases) {
    const Outcome outcome = asked(answer);
    ASSERT_TRUE(outcome.error) << answer.substr(0, 100);
    EXPECT_EQ(outcome.error->code, code) << answer.substr(0, 100);
    EXPECT_EQ(pool().idle(), 0U);
  }
}

TEST_F(ClientExchangeTest, ALongHeadIsRead) {
  const std::string value(60'000, 'x');
  const Outcome outcome =
      asked("HTTP/1.1 200 OK\r\nX: " + value + "\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(outcome.headers, "X=" + value + ";Content-Length=2;");
  EXPECT_EQ(outcome.body, "ok");
}

TEST_F(ClientExchangeTest, CancelWhileWaiting) {
  Outcome outcome;
  play(listen_only(this, "", &heard_), ask_for_a_moment(this, {}, &outcome));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Code::kDeadlineExceeded);
  EXPECT_EQ(heard_, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
}

// The answer is still to come on that connection: nobody else may get it.
TEST_F(ClientExchangeTest, CancelAfterAnInterimAnswerDropsTheConnection) {
  Outcome outcome;
  play(listen_only(this, "HTTP/1.1 103 Early Hints\r\n\r\n", &heard_),
       ask_for_a_moment(this, {}, &outcome));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Code::kDeadlineExceeded);
}

TEST_F(ClientExchangeTest, CancelInTheMiddleOfTheBody) {
  Outcome outcome;
  play(listen_only(this, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", &heard_),
       ask_for_a_moment(this, {}, &outcome));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Code::kDeadlineExceeded);
}

// Nobody reads the upload, which is longer than all buffers.
TEST_F(ClientExchangeTest, CancelWhileUploading) {
  PatternSource endless(UINT64_MAX, Length::kUnknown);
  const std::string long_text = letters(50'000'000);
  TextSource in_hand(long_text);
  for (ByteSource* body :
       {static_cast<ByteSource*>(&endless), static_cast<ByteSource*>(&in_hand)}) {
    Outcome outcome;
    play(play_deaf(this, &outcome), ask_for_a_moment(this, posting(body), &outcome));
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, Code::kDeadlineExceeded) << outcome.error->message;
  }
}

TEST_F(ClientExchangeTest, AnEarlyAnswerCounts) {
  PatternSource stream(100'000'000, Length::kKnown);
  const std::string long_text = letters(20'000'000);
  TextSource in_hand(long_text);
  const std::string short_text(60'000, 'x');
  TextSource together(short_text);
  for (ByteSource* body : std::initializer_list<ByteSource*>{&stream, &in_hand, &together}) {
    Outcome outcome;
    play(refuse_early(this), keep_outcome(this, posting(body), &outcome));
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.status, 413);
    EXPECT_EQ(outcome.body, "no");
    EXPECT_EQ(pool().idle(), 0U);
  }
}

// The server's answer fills the connection while the request still goes out.
TEST_F(ClientExchangeTest, AnEchoOfALongBodyDoesNotStall) {
  constexpr std::size_t kSize = 20'000'000;
  const std::string long_text = letters(kSize);
  TextSource in_hand(long_text);
  Outcome outcome;
  play(echo_as_it_comes(this, kSize), keep_outcome(this, posting(&in_hand), &outcome));
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.body, long_text);
}

// The server must not take a part for the whole.
TEST_F(ClientExchangeTest, ABrokenUploadIsNeverCompleted) {
  for (const Length length : {Length::kKnown, Length::kUnknown}) {
    PatternSource body(200'000, length);
    body.fail_at(100'000);
    Outcome outcome;
    play(listen_only(this, "", &heard_), keep_outcome(this, posting(&body), &outcome));
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->message, "the source broke");
    EXPECT_FALSE(heard_.ends_with("0\r\n\r\n"));
    EXPECT_LT(heard_.size(), 150'000U);
    EXPECT_EQ(pool().idle(), 0U);
  }
}

// Also when the answer has begun: what is left of it is worth nothing.
TEST_F(ClientExchangeTest, ABrokenUploadEndsAnAnswerThatHasBegun) {
  PatternSource body(200'000, Length::kUnknown);
  body.fail_at(100'000);
  Outcome outcome;
  const std::string begun = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  play(listen_only(this, begun, &heard_), keep_outcome(this, posting(&body), &outcome));
  EXPECT_TRUE(outcome.error);
  EXPECT_FALSE(heard_.ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace edge::http1
