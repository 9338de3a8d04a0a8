#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge/net/http1/head.h"

namespace edge::http1 {
namespace {

using std::string_literals::operator""s;

constexpr std::size_t kHeaderLimit = 8192;

// "400", "431" or "505" for a refusal; "more" or "done" else.
std::string outcome(std::string_view bytes, std::size_t limit = kHeaderLimit) {
  Head head;
  const auto progress = parse_request(bytes, limit, head);
  if (progress) return progress->complete ? "done" : "more";
  switch (progress.error().code) {
    case Code::kInvalidArgument:
      return "400";
    case Code::kResourceExhausted:
      return "431";
    case Code::kUnimplemented:
      return "505";
    default:
      return progress.error().message;
  }
}

// A POST with these header lines, each with its own end.
std::string post(const std::string& lines) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

// One shape that has to be refused, or taken, and why.
struct Shape {
  const char* name;
  std::string bytes;
  const char* expected;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.name;
}

class RequestShapeTest : public testing::TestWithParam<Shape> {};

TEST_P(RequestShapeTest, AtOnce) {
  EXPECT_EQ(outcome(GetParam().bytes), GetParam().expected);
}

// The same verdict, whatever the pieces: a shape must not slip through a split.
TEST_P(RequestShapeTest, ByteByByte) {
  const std::string& bytes = GetParam().bytes;
  std::string verdict;
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    verdict = outcome(std::string_view(bytes).substr(0, size));
    if (verdict != "more") break;
  }
  EXPECT_EQ(verdict, GetParam().expected);
}

std::string shape_name(const testing::TestParamInfo<Shape>& info) {
  return info.param.name;
}

// Source: RFC 9112 §6.3, §11.2.
INSTANTIATE_TEST_SUITE_P(
    Framing, RequestShapeTest,
    testing::Values(
        Shape{"Length", post("Content-Length: 5\r\n"), "done"},
        Shape{"Chunked", post("Transfer-Encoding: chunked\r\n"), "done"},
        Shape{"ChunkedUpperCase", post("TRANSFER-ENCODING: Chunked\r\n"), "done"},
        Shape{"ChunkedWithSpaces", post("Transfer-Encoding: \t chunked \t\r\n"), "done"},
        Shape{"LengthThenChunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
              "400"},
        Shape{"ChunkedThenLength", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
              "400"},
        Shape{"LengthTwiceEqual", post("Content-Length: 5\r\nContent-Length: 5\r\n"), "400"},
        Shape{"LengthTwiceDifferent", post("Content-Length: 5\r\nContent-Length: 6\r\n"), "400"},
        Shape{"LengthList", post("Content-Length: 5, 5\r\n"), "400"},
        Shape{"LengthPlus", post("Content-Length: +5\r\n"), "400"},
        Shape{"LengthMinus", post("Content-Length: -5\r\n"), "400"},
        Shape{"LengthBlank", post("Content-Length: \r\n"), "400"},
        Shape{"LengthMissing", post("Content-Length:\r\n"), "400"},
        Shape{"LengthHex", post("Content-Length: 0x5\r\n"), "400"},
        Shape{"LengthInnerSpace", post("Content-Length: 5 5\r\n"), "400"},
        Shape{"LengthLetters", post("Content-Length: five\r\n"), "400"},
        Shape{"LengthFraction", post("Content-Length: 5.0\r\n"), "400"},
        Shape{"LengthOverflow", post("Content-Length: 18446744073709551616\r\n"), "400"},
        Shape{"LengthFarOver", post("Content-Length: 99999999999999999999999999\r\n"), "400"},
        Shape{"LengthLeadingZeros", post("Content-Length: 0005\r\n"), "done"},
        Shape{"XChunked", post("Transfer-Encoding: xchunked\r\n"), "400"},
        Shape{"ChunkedX", post("Transfer-Encoding: chunkedx\r\n"), "400"},
        Shape{"ChunkedTwiceInOneLine", post("Transfer-Encoding: chunked, chunked\r\n"), "400"},
        Shape{"ChunkedTwiceInTwoLines",
              post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400"},
        Shape{"ChunkedThenIdentity",
              post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), "400"},
        Shape{"GzipThenChunked", post("Transfer-Encoding: gzip, chunked\r\n"), "400"},
        Shape{"ChunkedThenGzip", post("Transfer-Encoding: chunked, gzip\r\n"), "400"},
        Shape{"Gzip", post("Transfer-Encoding: gzip\r\n"), "400"},
        Shape{"Identity", post("Transfer-Encoding: identity\r\n"), "400"},
        Shape{"EncodingMissing", post("Transfer-Encoding:\r\n"), "400"},
        Shape{"EncodingQuoted", post("Transfer-Encoding: \"chunked\"\r\n"), "400"},
        Shape{"EncodingWithParameter", post("Transfer-Encoding: chunked;q=1\r\n"), "400"},
        Shape{"EncodingComma", post("Transfer-Encoding: ,chunked\r\n"), "400"},
        Shape{"EncodingAndLengthOfNothing",
              post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n"), "400"},
        Shape{"ChunkedOverOldVersion",
              "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "400"}),
    shape_name);

// Source: RFC 9112 §2.2, §5.1, §5.2; RFC 9110 §5.5.
INSTANTIATE_TEST_SUITE_P(
    Lines, RequestShapeTest,
    testing::Values(Shape{"SpaceBeforeColon", post("Content-Length : 5\r\n"), "400"},
                    Shape{"TabBeforeColon", post("Transfer-Encoding\t: chunked\r\n"), "400"},
                    Shape{"SpaceBeforeName", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
                    Shape{"SpaceInName", post("Content-Length x: 5\r\n"), "400"},
                    Shape{"SpaceInOtherName", post("Co.nection k: 5\r\n"), "400"},
                    Shape{"EmptyName", post(": x\r\n"), "400"},
                    Shape{"NoColon", post("Content-Length\r\n"), "400"},
                    Shape{"NameWithNul", post("X\0Y: 1\r\n"s), "400"},
                    Shape{"NameWithUmlaut", post("X\xfcY: 1\r\n"), "400"},
                    Shape{"FoldedLine", post("X-A: one\r\n two\r\n"), "400"},
                    Shape{"FoldedLineByTab", post("X-A: one\r\n\ttwo\r\n"), "400"},
                    Shape{"FoldedEmptyLine", post("X-A:\r\n two\r\n"), "400"},
                    Shape{"FoldedBlankLine", post("X-A: \r\n two\r\n"), "400"},
                    Shape{"FoldedToNothing", post("X-A: one\r\n \r\n"), "400"},
                    Shape{"FoldedEncoding", post("Transfer-Encoding:\r\n chunked\r\n"), "400"},
                    Shape{"FoldedLength", post("Content-Length: 1\r\n 0\r\n"), "400"},
                    Shape{"BareReturnInValue", post("X-A: one\rX-B: two\r\n"), "400"},
                    Shape{"BareReturnHidesLength", post("X-A: one\rContent-Length: 5\r\n"), "400"},
                    Shape{"BareFeedAfterStartLine", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"},
                    Shape{"BareFeedAfterValue", "GET / HTTP/1.1\r\nX-A: b\nHost: a\r\n\r\n", "400"},
                    Shape{"BareFeedHidesLength", post("X-A: b\nContent-Length: 5\r\n"), "400"},
                    Shape{"BareFeedsOnly", "GET / HTTP/1.1\nHost: a\n\n", "400"},
                    Shape{"BareFeedAtTheEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400"},
                    Shape{"TwoReturns", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"},
                    Shape{"ReturnsBeforeTheEnd", post("X-A: b\r\r\n"), "400"},
                    Shape{"NulInValue", post("X-A: a\0b\r\n"s), "400"},
                    Shape{"ControlInValue",
                          post("X-A: a\x01"
                               "b\r\n"),
                          "400"},
                    Shape{"DeleteInValue", post("X-A: a\x7f\r\n"), "400"},
                    Shape{"BytesOverAsciiInValue", post("X-A: \xc3\xa9\r\n"), "done"},
                    Shape{"EmptyValue", post("X-A:\r\n"), "done"},
                    Shape{"EmptyLinesBefore", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "done"},
                    Shape{"BareFeedBefore", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
                    Shape{"BareReturnBefore", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
                    Shape{"SpaceBefore", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"}),
    shape_name);

// Source: RFC 9112 §3, §3.2.
INSTANTIATE_TEST_SUITE_P(
    StartLine, RequestShapeTest,
    testing::Values(
        Shape{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"},
        Shape{"NoHostOldVersion", "GET / HTTP/1.0\r\n\r\n", "done"},
        Shape{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "done"},
        Shape{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "400"},
        Shape{"TwoHostsOldVersion", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        Shape{"AbsoluteForm", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "done"},
        Shape{"Asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "done"},
        Shape{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"UnknownMethod", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"TwoSpacesBeforeVersion", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"NulInTarget", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, "400"},
        Shape{"OldestForm", "GET /\r\n\r\n", "505"},
        Shape{"Version09", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505"},
        Shape{"Version12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505"},
        Shape{"Version20", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        Shape{"VersionLowerCase", "GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
        Shape{"VersionTwoDigits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "505"},
        Shape{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        Shape{"OtherProtocol", "DESCRIBE / RTSP/1.0\r\nHost: a\r\n\r\n", "400"},
        Shape{"OtherProtocolKnownMethod", "OPTIONS / RTSP/1.0\r\nHost: a\r\n\r\n", "400"},
        Shape{"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "400"}),
    shape_name);

Head parsed(const std::string& bytes) {
  Head head;
  const auto progress = parse_request(bytes, kHeaderLimit, head);
  EXPECT_TRUE(progress && progress->complete) << bytes;
  return head;
}

TEST(RequestHeadTest, GivesTheParts) {
  Head head;
  const std::string bytes =
      "\r\nPUT /v1.0/state/s?x=%20y HTTP/1.1\r\nHost: hub:3500\r\nContent-Length: 12\r\n"
      "X-Empty:\r\nX-Trimmed:  a b \t\r\n\r\n{\"body\": 1}";
  const auto progress = parse_request(bytes, kHeaderLimit, head);
  ASSERT_TRUE(progress && progress->complete);
  EXPECT_EQ(bytes.substr(progress->size), "{\"body\": 1}");
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/v1.0/state/s?x=%20y");
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.headers.size(), 4U);
  EXPECT_EQ(head.headers.find("host"), "hub:3500");
  EXPECT_EQ(head.headers.find("x-empty"), "");
  EXPECT_EQ(head.headers.find("X-TRIMMED"), "a b");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
}

TEST(RequestHeadTest, FramingOfABody) {
  EXPECT_EQ(parsed(post("")).framing, Framing::kNone);
  EXPECT_EQ(parsed(post("Content-Length: 0\r\n")).framing, Framing::kNone);
  EXPECT_EQ(parsed(post("Transfer-Encoding: chunked\r\n")).framing, Framing::kChunked);
  const Head largest = parsed(post("Content-Length: 18446744073709551615\r\n"));
  EXPECT_EQ(largest.framing, Framing::kLength);
  EXPECT_EQ(largest.content_length, UINT64_MAX);
}

TEST(RequestHeadTest, KeepAlive) {
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(parsed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

// Source: RFC 9110 §10.1.1.
TEST(RequestHeadTest, ExpectationOfContinue) {
  const std::string line = "Content-Length: 5\r\nExpect: 100-Continue\r\n";
  EXPECT_TRUE(parsed(post(line)).expects_continue);
  EXPECT_FALSE(parsed("POST / HTTP/1.0\r\n" + line + "\r\n").expects_continue);
  EXPECT_FALSE(parsed(post("Expect: something\r\n")).expects_continue);
}

TEST(RequestHeadTest, AnUpgradeLeavesTheFraming) {
  const Head head = parsed(post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 3U);
}

// A request head of exactly `size` bytes.
std::string head_of(std::size_t size) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string end = "\r\n\r\n";
  return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

TEST(RequestHeadTest, LimitIsExact) {
  EXPECT_EQ(outcome(head_of(1000), 1000), "done");
  EXPECT_EQ(outcome(head_of(1001), 1000), "431");
  EXPECT_EQ(outcome(head_of(1000) + "the body and more", 1000), "done");
  EXPECT_EQ(outcome(head_of(1001) + "the body and more", 1000), "431");
  EXPECT_EQ(outcome(head_of(1001).substr(0, 999), 1000), "more");
  EXPECT_EQ(outcome(head_of(1001).substr(0, 1000), 1000), "431");
}

TEST(RequestHeadTest, LimitIsExactForManyShortLines) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 500; ++i) bytes += "a: b\r\n";
  bytes += "\r\n";
  EXPECT_EQ(outcome(bytes, bytes.size()), "done");
  EXPECT_EQ(outcome(bytes, bytes.size() - 1), "431");
}

// An endless run of empty lines never becomes a request.
TEST(RequestHeadTest, EmptyLinesCountToo) {
  std::string bytes;
  while (bytes.size() < 2 * kHeaderLimit) bytes += "\r\n";
  EXPECT_EQ(outcome(bytes), "431");
}

TEST(RequestHeadTest, ByteByByteGivesTheSame) {
  const std::string bytes = post("X-A: b\r\nTransfer-Encoding: chunked\r\n");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(outcome(std::string_view(bytes).substr(0, size)), "more") << size;
  }
  EXPECT_EQ(outcome(bytes), "done");
}

TEST(RequestHeadTest, StopsAtItsOwnEnd) {
  const std::string one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string two = "GET /two HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = one + two;
  Head head;
  const auto first = parse_request(bytes, kHeaderLimit, head);
  ASSERT_TRUE(first && first->complete);
  EXPECT_EQ(first->size, one.size());
  EXPECT_EQ(head.target, "/one");
  const auto second =
      parse_request(std::string_view(bytes).substr(first->size), kHeaderLimit, head);
  ASSERT_TRUE(second && second->complete);
  EXPECT_EQ(head.target, "/two");
  EXPECT_EQ(head.headers.size(), 1U);
}

}  // namespace
}  // namespace edge::http1
