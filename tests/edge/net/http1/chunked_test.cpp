#include "edge/net/http1/chunked.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace edge::http1 {
namespace {

using std::string_literals::operator""s;

// What a decoder made of a message that came in pieces.
struct Outcome {
  std::string body;
  bool complete = false;
  std::size_t consumed = 0;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << outcome.body << (outcome.complete ? "|" : "...") << outcome.consumed << " "
             << outcome.error;
}

// Decodes pieces that end at `cuts`, and the rest.
Outcome decode(const std::string& bytes, std::vector<std::size_t> cuts = {}) {
  Outcome outcome;
  ChunkedDecoder decoder;
  cuts.push_back(bytes.size());
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    std::string piece = bytes.substr(begin, end - begin);
    begin = end;
    const auto decoded = decoder.decode(piece);
    if (!decoded) {
      outcome.error = decoded.error().message;
      EXPECT_EQ(decoded.error().code, Code::kInvalidArgument);
      return outcome;
    }
    EXPECT_LE(decoded->body, decoded->consumed);
    EXPECT_LE(decoded->consumed, piece.size());
    outcome.body.append(piece, 0, decoded->body);
    outcome.consumed += decoded->consumed;
    outcome.complete = decoded->complete;
    if (outcome.complete) return outcome;
    EXPECT_EQ(decoded->consumed, piece.size());
  }
  return outcome;
}

Outcome decode_each_byte(const std::string& bytes) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < bytes.size(); ++at) cuts.push_back(at);
  return decode(bytes, cuts);
}

Outcome whole(const std::string& body, const std::string& bytes) {
  return {body, true, bytes.size(), ""};
}

TEST(ChunkedDecoderTest, Plain) {
  const std::string bytes = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  EXPECT_EQ(decode(bytes), whole("hello world", bytes));
}

TEST(ChunkedDecoderTest, Empty) {
  EXPECT_EQ(decode("0\r\n\r\n"), whole("", "0\r\n\r\n"));
  EXPECT_EQ(decode("000\r\n\r\n"), whole("", "000\r\n\r\n"));
}

TEST(ChunkedDecoderTest, LeavesTheNextMessage) {
  const std::string bytes = "5\r\nhello\r\n0\r\n\r\n";
  EXPECT_EQ(decode(bytes + "GET / HTTP/1.1\r\n"), whole("hello", bytes));
  EXPECT_EQ(decode(bytes + "\r\n"), whole("hello", bytes));
}

TEST(ChunkedDecoderTest, HexInEitherCaseAndLeadingZeros) {
  const std::string bytes = "00A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n";
  EXPECT_EQ(decode(bytes), whole("0123456789abcdefghij", bytes));
}

TEST(ChunkedDecoderTest, ExtensionsAndTrailersAreDropped) {
  const std::string bytes =
      "5;a=b;c=\"q;\"\r\nhello\r\n0;last\r\nX-Sum: 12\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(decode(bytes), whole("hello", bytes));
  EXPECT_EQ(decode_each_byte(bytes), whole("hello", bytes));
}

TEST(ChunkedDecoderTest, SplitAnywhere) {
  const std::string bytes =
      "1\r\na\r\n5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX-T: v\r\n\r\n";
  const Outcome expected = whole("ahello0123456789abcdef", bytes);
  for (std::size_t one = 0; one < bytes.size(); ++one) {
    for (std::size_t two = one; two < bytes.size(); ++two) {
      ASSERT_EQ(decode(bytes, {one, two}), expected) << one << " " << two;
    }
  }
  EXPECT_EQ(decode_each_byte(bytes), expected);
}

TEST(ChunkedDecoderTest, IncompleteIsNotComplete) {
  const std::string bytes = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Outcome outcome = decode(bytes.substr(0, size));
    EXPECT_FALSE(outcome.complete) << size;
    EXPECT_EQ(outcome.error, "") << size;
  }
}

class RefusedChunksTest : public testing::TestWithParam<std::string> {};

TEST_P(RefusedChunksTest, AtOnceAndByteByByte) {
  const Outcome at_once = decode(GetParam());
  EXPECT_TRUE(at_once.error.starts_with("malformed chunked body: ")) << at_once.error;
  EXPECT_NE(decode_each_byte(GetParam()).error, "");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RefusedChunksTest,
    testing::Values("garbage", "\r\n", "-1\r\na", "+1\r\na", " 1\r\na\r\n0\r\n\r\n", "0x5\r\nhello",
                    "5 \r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n",
                    "5\r\r\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n",
                    "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n",
                    "5\r\nhello0\r\n\r\n", ";a\r\nhello\r\n0\r\n\r\n",
                    "5;a\nb\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
                    "5;a\0b\r\nhello\r\n0\r\n\r\n"s, "ffffffffffffffff0\r\nx",
                    "10000000000000000\r\nx", "0000000000000000000000000000g\r\n",
                    "0\r\nX : y\r\n\r\n", "0\r\nX: y\rz\r\n\r\n", "0\r\nX: y\0\r\n\r\n"s,
                    "0\r\n: y\r\n\r\n", "0\r\n\rx"));

TEST(ChunkedDecoderTest, AHugeSizeIsOnlyASize) {
  EXPECT_EQ(decode("ffffffffffffffff\r\nhello"), (Outcome{"hello", false, 23, ""}));
}

// Somebody who sends framing for ever is cut off.
Outcome flood(const std::string& begin, const std::string& repeated) {
  ChunkedDecoder decoder;
  std::string first = begin;
  Outcome outcome;
  if (!decoder.decode(first)) return outcome;
  for (outcome.consumed = 0; outcome.consumed < 1'000'000; outcome.consumed += repeated.size()) {
    std::string piece = repeated;
    const auto decoded = decoder.decode(piece);
    if (decoded) continue;
    outcome.error = decoded.error().message;
    return outcome;
  }
  return outcome;
}

TEST(ChunkedDecoderTest, FloodsOfFramingEnd) {
  const std::string x(1000, 'x');
  for (const Outcome& outcome :
       {flood("5;", x), flood("0\r\n", "T: " + x + "\r\n"), flood("", "1;" + x + "\r\na\r\n"),
        flood("", std::string(1000, '0'))}) {
    EXPECT_EQ(outcome.error,
              "malformed chunked body: far more framing than body; send larger chunks");
    EXPECT_LT(outcome.consumed, 100'000U);
  }
}

// The smallest chunks that a sane client may send are no flood.
TEST(ChunkedDecoderTest, ManySmallChunksAreTaken) {
  ChunkedDecoder decoder;
  std::size_t body = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string piece = "1\r\na\r\n";
    const auto decoded = decoder.decode(piece);
    ASSERT_TRUE(decoded);
    body += decoded->body;
  }
  EXPECT_EQ(body, 100'000U);
}

}  // namespace
}  // namespace edge::http1
