#include <string>

#include <gtest/gtest.h>

#include "edge/net/http1/head.h"

namespace edge::http1 {
namespace {

using std::string_literals::operator""s;

constexpr std::size_t kHeaderLimit = 8192;

// "framing, connection" of a whole head, or what it was refused as.
std::string outcome(const std::string& bytes, Answering answering = Answering::kOther) {
  Head head;
  const auto progress = parse_response(bytes, kHeaderLimit, answering, head);
  if (!progress) return std::string(code_name(progress.error().code));
  if (!progress->complete) return "more";
  std::string text;
  if (head.framing == Framing::kNone) text = "none";
  if (head.framing == Framing::kLength) text = std::to_string(head.content_length);
  if (head.framing == Framing::kChunked) text = "chunked";
  if (head.framing == Framing::kUntilClose) text = "until close";
  return text + (head.keep_alive ? ", keep" : ", close");
}

std::string with(const std::string& status, const std::string& lines) {
  return "HTTP/1.1 " + status + "\r\n" + lines + "\r\n";
}

TEST(ResponseHeadTest, GivesTheParts) {
  Head head;
  const std::string bytes = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok";
  const auto progress = parse_response(bytes, kHeaderLimit, Answering::kOther, head);
  ASSERT_TRUE(progress && progress->complete);
  EXPECT_EQ(bytes.substr(progress->size), "ok");
  EXPECT_EQ(head.status, 201);
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.headers.find("x-a"), "b");
}

TEST(ResponseHeadTest, Framing) {
  EXPECT_EQ(outcome(with("200 OK", "Content-Length: 5\r\n")), "5, keep");
  EXPECT_EQ(outcome(with("200 OK", "Content-Length: 0\r\n")), "none, keep");
  EXPECT_EQ(outcome(with("200 OK", "Transfer-Encoding: chunked\r\n")), "chunked, keep");
  EXPECT_EQ(outcome(with("200 OK", "")), "until close, close");
  EXPECT_EQ(outcome(with("200 OK", "Connection: keep-alive\r\n")), "until close, close");
}

TEST(ResponseHeadTest, ReasonMayBeMissingOrOdd) {
  EXPECT_EQ(outcome(with("200", "Content-Length: 5\r\n")), "5, keep");
  EXPECT_EQ(outcome(with("200 ", "Content-Length: 5\r\n")), "5, keep");
  EXPECT_EQ(outcome(with("200 \xc3\xa9t\xc3\xa9 100%", "Content-Length: 5\r\n")), "5, keep");
}

// Source: RFC 9112 §6.3, items 1 and 2.
TEST(ResponseHeadTest, AnswersWithoutBody) {
  for (const char* status : {"204 No Content", "304 Not Modified", "100 Continue", "103 Early"}) {
    EXPECT_EQ(outcome(with(status, "")), "none, keep") << status;
    EXPECT_EQ(outcome(with(status, "Content-Length: 5\r\n")), "none, keep") << status;
    EXPECT_EQ(outcome(with(status, "Transfer-Encoding: chunked\r\n")), "none, keep") << status;
    EXPECT_EQ(outcome(with(status, "Connection: close\r\n")), "none, close") << status;
  }
}

TEST(ResponseHeadTest, AnswersToHead) {
  const Answering head = Answering::kHead;
  EXPECT_EQ(outcome(with("200 OK", "Content-Length: 5\r\n"), head), "none, keep");
  EXPECT_EQ(outcome(with("200 OK", "Transfer-Encoding: chunked\r\n"), head), "none, keep");
  EXPECT_EQ(outcome(with("200 OK", ""), head), "none, keep");
  EXPECT_EQ(outcome(with("200 OK", "Connection: close\r\n"), head), "none, close");
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\n\r\n", head), "none, close");
}

// What it would have been stays known, for who passes it on.
TEST(ResponseHeadTest, LengthOfAnAnswerToHead) {
  Head head;
  const auto progress =
      parse_response(with("200 OK", "Content-Length: 5\r\n"), kHeaderLimit, Answering::kHead, head);
  ASSERT_TRUE(progress && progress->complete);
  EXPECT_EQ(head.content_length, 5U);
}

TEST(ResponseHeadTest, OldVersion) {
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), "5, close");
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n"),
            "5, keep");
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\n\r\n"), "until close, close");
}

// The connection speaks something else from here on.
TEST(ResponseHeadTest, SwitchedProtocolsAreNotUsedAgain) {
  EXPECT_EQ(outcome(with("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: x\r\n")),
            "none, close");
}

struct Shape {
  const char* name;
  std::string bytes;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.name;
}

class RefusedResponseTest : public testing::TestWithParam<Shape> {};

TEST_P(RefusedResponseTest, AtOnce) {
  const std::string verdict = outcome(GetParam().bytes);
  EXPECT_TRUE(verdict == "InvalidArgument" || verdict == "Unimplemented") << verdict;
}

TEST_P(RefusedResponseTest, ByteByByte) {
  const std::string& bytes = GetParam().bytes;
  std::string verdict;
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    verdict = outcome(bytes.substr(0, size));
    if (verdict != "more") break;
  }
  EXPECT_TRUE(verdict == "InvalidArgument" || verdict == "Unimplemented") << verdict;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RefusedResponseTest,
    testing::Values(
        Shape{"LengthAndChunked",
              with("200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        Shape{"ChunkedAndLength",
              with("200 OK", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        Shape{"GzipAndLength", with("200 OK", "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n")},
        Shape{"LengthAndGzip", with("200 OK", "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n")},
        Shape{"LengthTwice", with("200 OK", "Content-Length: 5\r\nContent-Length: 5\r\n")},
        Shape{"ChunkedTwice", with("200 OK", "Transfer-Encoding: chunked, chunked\r\n")},
        Shape{"GzipThenChunked", with("200 OK", "Transfer-Encoding: gzip, chunked\r\n")},
        Shape{"Gzip", with("200 OK", "Transfer-Encoding: gzip\r\n")},
        Shape{"XChunked", with("200 OK", "Transfer-Encoding: xchunked\r\n")},
        Shape{"ChunkedOverOldVersion", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        Shape{"LengthNegative", with("200 OK", "Content-Length: -1\r\n")},
        Shape{"LengthOverflow", with("200 OK", "Content-Length: 18446744073709551616\r\n")},
        Shape{"FoldedLine", with("200 OK", "X-A: b\r\n c\r\n")},
        Shape{"FoldedEmptyLine", with("200 OK", "X-A:\r\n c\r\n")},
        Shape{"BareReturn", with("200 OK", "X-A: b\rX-B: c\r\n")},
        Shape{"BareFeed", with("200 OK", "X-A: b\nX-B: c\r\n")},
        Shape{"BareFeedAfterStatus", "HTTP/1.1 200 OK\nX-A: b\r\n\r\n"},
        Shape{"BareReturnInReason", with("200 O\rK", "Content-Length: 1\r\n")},
        Shape{"NulInValue", with("200 OK", "X-A: b\0c\r\n"s)},
        Shape{"NulInReason", with("200 O\0K"s, "Content-Length: 1\r\n")},
        Shape{"SpaceBeforeColon", with("200 OK", "Content-Length : 5\r\n")},
        Shape{"StatusZero", with("000 Nothing", "")}, Shape{"StatusUnder100", with("099 Less", "")},
        Shape{"StatusTwoDigits", with("20 OK", "")}, Shape{"StatusFourDigits", with("2000 OK", "")},
        Shape{"StatusLetters", with("2xx OK", "")}, Shape{"StatusNegative", with("-20 OK", "")},
        Shape{"EmptyLineBefore", "\r\n" + with("200 OK", "Content-Length: 1\r\n")},
        Shape{"Version2", "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\n"},
        Shape{"OtherProtocol", "RTSP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"},
        Shape{"ARequest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        Shape{"JustText", "hello there\r\n\r\n"}, Shape{"Tls", "\x15\x03\x03\x00\x02\x02\x28"s}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ResponseHeadTest, LimitIsExact) {
  Head head;
  const std::string bytes = with("200 OK", "X-A: " + std::string(1000, 'x') + "\r\n");
  EXPECT_TRUE(parse_response(bytes, bytes.size(), Answering::kOther, head));
  const auto over = parse_response(bytes, bytes.size() - 1, Answering::kOther, head);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace edge::http1
