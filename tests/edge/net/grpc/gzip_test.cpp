#include "edge/net/grpc/gzip.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::grpc {
namespace {

using std::string_literals::operator""s;

// "hello", as gzip -n makes it.
const std::string kHello =
    "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"s;
std::string unpacked(const std::string& packed, std::size_t limit) {
  auto plain = gunzip(packed, limit);
  return plain ? *plain : "error: " + plain.error().message;
}

constexpr std::string_view kDamaged =
    "error: grpc: the message is damaged, or not compressed by gzip";

TEST(GzipTest, Unpacks) {
  EXPECT_EQ(unpacked(kHello, 100), "hello");
  EXPECT_EQ(unpacked(kHello, 5), "hello");
}

TEST(GzipTest, IsBounded) {
  const auto larger = gunzip(kHello, 4);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, Code::kResourceExhausted);
  EXPECT_EQ(larger.error().message,
            "grpc: received message after decompression larger than max (5 vs. 4)");
}

TEST(GzipTest, RefusesWhatIsDamaged) {
  EXPECT_EQ(unpacked("", 100), kDamaged);
  EXPECT_EQ(unpacked("plain", 100), kDamaged);
  EXPECT_EQ(unpacked(kHello + kHello, 100), kDamaged);
  for (std::size_t size = 0; size < kHello.size(); ++size) {
    EXPECT_EQ(unpacked(kHello.substr(0, size), 100), kDamaged) << size;
  }
  std::string wrong_sum = kHello;
  wrong_sum[18] = '\0';
  EXPECT_EQ(unpacked(wrong_sum, 100), kDamaged);
}

}  // namespace
}  // namespace edge::grpc
