// What a peer can do to a Server by frames that no honest client sends.
#include <string>

#include <gtest/gtest.h>

#include "tests/edge/net/http2/fixture.h"
#include "tests/edge/net/http2/raw_peer.h"

namespace edge::http2 {
namespace {

using test::field;
using test::Frame;
using test::frame;
using test::Kind;
using test::number;
using test::opening;
using test::RawPeer;
using test::Talk;
using test::until;

constexpr int kNoError = 0;
constexpr int kProtocolError = 1;
constexpr int kSettingsTimeout = 4;
constexpr int kFrameSizeError = 6;
constexpr int kRefusedStream = 7;
constexpr int kCompressionError = 9;
constexpr int kEnhanceYourCalm = 11;

class Http2AttackTest : public test::Fixture {
 protected:
  // Sends `bytes` on a new connection, which the server must end; another client is served on.
  Talk attack(const std::string& bytes) {
    RawPeer peer(loop_, address());
    Talk talk = run(loop_, peer.talk(bytes));
    connect();
    EXPECT_EQ(ask("/hello").body, "hello");
    run(loop_, until(&loop_, [this] { return paths_.running == 0; }));
    return talk;
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Http2AttackTest, testing::Values(Kind::kTcp, Kind::kUnix),
                         test::kind_name);

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int at = 0; at < times; ++at) all += text;
  return all;
}

TEST_P(Http2AttackTest, SomethingElseThanHttp2) {
  start();
  const Talk talk = attack("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(talk.goaway(), kProtocolError);
  EXPECT_TRUE(talk.ended);
}

TEST_P(Http2AttackTest, NothingIsSaid) {
  start({{.opening_time = std::chrono::milliseconds(100)}});
  EXPECT_EQ(attack("").goaway(), kSettingsTimeout);
  EXPECT_EQ(attack("PRI * HTTP/2.0\r\n").goaway(), kSettingsTimeout);
}

TEST_P(Http2AttackTest, RapidReset) {
  start({{.resets = 100, .resets_per_second = 10}});
  std::string bytes = opening();
  for (std::uint32_t at = 0; at < 5000; ++at) {
    bytes += test::get(2 * at + 1, "/wait") + frame(test::kReset, 0, 2 * at + 1, number(8, 4));
  }
  const Talk talk = attack(bytes);
  EXPECT_NE(talk.goaway(), -1);
  EXPECT_NE(talk.goaway(), kNoError);
  // A request that is reset before it can be served costs no handler.
  EXPECT_LE(paths_.handled, 101);
}

TEST_P(Http2AttackTest, MoreStreamsThanAllowed) {
  start({{.streams = 10, .idle_frames = 50, .idle_frames_per_second = 1}});
  std::string bytes = opening();
  for (std::uint32_t at = 0; at < 200; ++at) bytes += test::get(2 * at + 1, "/wait");
  const Talk talk = attack(bytes);
  EXPECT_EQ(paths_.most, 10);
  EXPECT_EQ(talk.reset(), kRefusedStream);
  EXPECT_EQ(talk.goaway(), kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, Continuations) {
  start();
  std::string bytes = opening() + frame(test::kHeaders, 0, 1, test::request_head("/hello"));
  bytes += repeat(frame(test::kContinuation, 0, 1, field("x", "y")), 10'000);
  const Talk talk = attack(bytes);
  EXPECT_GT(talk.goaway(), kNoError);
  EXPECT_EQ(paths_.handled, 1);
}

TEST_P(Http2AttackTest, EmptyContinuations) {
  start();
  const std::string bytes = opening() + frame(test::kHeaders, 0, 1, test::request_head("/hello")) +
                            repeat(frame(test::kContinuation, 0, 1), 10'000);
  EXPECT_GT(attack(bytes).goaway(), kNoError);
}

Task<Frame> answer_of(RawPeer* peer, std::string bytes) {
  co_await peer->open();
  co_await peer->send(std::move(bytes));
  while (true) {
    const Frame came = co_await peer->next();
    if (came.type == test::kHeaders || came.type == test::kReset) co_return came;
  }
}

TEST_P(Http2AttackTest, HeaderBomb) {
  start();
  // One field in the table, told ten thousand times by one byte each.
  const std::string entry =
      std::string(1, '\x40') + number(1, 1) + "x" + number(126, 1) + std::string(126, 'v');
  const std::string bomb = test::request_head("/hello") + entry + std::string(10'000, '\xbe');
  RawPeer peer(loop_, address());
  const Frame answer = run(
      loop_, answer_of(&peer, opening() + frame(test::kHeaders,
                                                test::kEndHeaders | test::kEndStream, 1, bomb)));
  ASSERT_EQ(answer.type, test::kHeaders);
  // ":status: 431" as a literal, in Huffman code or not.
  EXPECT_TRUE(answer.payload.contains("431") || answer.payload.size() < 8);
  EXPECT_EQ(paths_.handled, 0);
}

TEST_P(Http2AttackTest, AHeadThatDoesNotEnd) {
  start({{.header_time = std::chrono::milliseconds(100)}});
  const std::string bytes = opening() + frame(test::kHeaders, 0, 1, test::request_head("/hello"));
  EXPECT_EQ(attack(bytes).goaway(), kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, BrokenCompression) {
  start();
  const std::string bytes =
      opening() + frame(test::kHeaders, test::kEndHeaders, 1, std::string(20, '\xff'));
  EXPECT_EQ(attack(bytes).goaway(), kCompressionError);
}

TEST_P(Http2AttackTest, TooLargeAFrame) {
  start();
  const std::string bytes = opening() + frame(test::kPing, 0, 0, std::string(20'000, 'x'));
  EXPECT_EQ(attack(bytes).goaway(), kFrameSizeError);
}

TEST_P(Http2AttackTest, FloodsOfFramesThatMoveNothing) {
  start({{.idle_frames = 100, .idle_frames_per_second = 10}});
  const std::string open_stream =
      frame(test::kHeaders, test::kEndHeaders, 1, test::request_head("/echo"));
  EXPECT_EQ(attack(opening() + repeat(frame(test::kPing, 0, 0, "12345678"), 50'000)).goaway(),
            kEnhanceYourCalm);
  EXPECT_EQ(attack(opening() + repeat(frame(test::kSettings, 0, 0), 50'000)).goaway(),
            kEnhanceYourCalm);
  EXPECT_EQ(attack(opening() + repeat(frame(test::kPriority, 0, 3, "12345"), 50'000)).goaway(),
            kEnhanceYourCalm);
  EXPECT_EQ(
      attack(opening() + repeat(frame(test::kWindowUpdate, 0, 0, number(1, 4)), 50'000)).goaway(),
      kEnhanceYourCalm);
  EXPECT_EQ(attack(opening() + open_stream + repeat(frame(test::kData, 0, 1), 50'000)).goaway(),
            kEnhanceYourCalm);
}

// A client that asks and does not read the answers to its pings.
TEST_P(Http2AttackTest, UnreadAcknowledgements) {
  start({{.idle_frames = 1'000'000, .unsent_acks = 100}});
  RawPeer peer(loop_, address());
  run(loop_, peer.open());
  TaskGroup sending(loop_, "sending");
  sending.spawn(peer.send(opening() + repeat(frame(test::kPing, 0, 0, "12345678"), 900'000)));
  run(loop_, until(&loop_, [this] { return server_->connections() == 0; }));
  run(loop_, sending.wait());
}

TEST_P(Http2AttackTest, MoreThanTheWindow) {
  start();
  const std::string open_stream =
      frame(test::kHeaders, test::kEndHeaders, 1, test::request_head("/wait"));
  const std::string data = frame(test::kData, 0, 1, std::string(16'384, 'd'));
  RawPeer peer(loop_, address());
  const Frame answer = run(loop_, answer_of(&peer, opening() + open_stream + repeat(data, 8)));
  EXPECT_EQ(answer.type, test::kReset);
}

Task<void> ping(RawPeer* peer) {
  co_await peer->open();
  co_await peer->send(opening() + frame(0x42, 0, 0, "unknown") +
                      frame(test::kPing, 0, 0, "12345678"));
  while (true) {
    const Frame came = co_await peer->next();
    if (came.type != test::kPing) continue;
    EXPECT_EQ(came.flags, test::kAck);
    EXPECT_EQ(came.payload, "12345678");
    co_return;
  }
}

TEST_P(Http2AttackTest, APingIsAnswered) {
  start();
  RawPeer peer(loop_, address());
  run(loop_, ping(&peer));
}

Task<void> drained(RawPeer* peer, Server* server) {
  co_await peer->open();
  co_await peer->send(opening());
  const Frame first = co_await peer->next();
  EXPECT_EQ(first.type, test::kSettings);
  co_await server->stop(Ctx::background());
  const Talk talk = co_await peer->rest();
  EXPECT_EQ(talk.count(test::kGoAway), 2U);
  EXPECT_EQ(talk.goaway(), kNoError);
  EXPECT_TRUE(talk.ended);
}

TEST_P(Http2AttackTest, StopTellsAClientThatAnswersNothing) {
  start({{.drain_time = std::chrono::milliseconds(100)}});
  RawPeer peer(loop_, address());
  run(loop_, drained(&peer, server_.get()));
  server_.reset();
}

}  // namespace
}  // namespace edge::http2
