#include "edge/net/grpc/timeout.h"

#include <gtest/gtest.h>

namespace edge::grpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(GrpcTimeoutTest, IsRead) {
  EXPECT_EQ(parse_timeout("5S"), seconds(5));
  EXPECT_EQ(parse_timeout("250m"), milliseconds(250));
  EXPECT_EQ(parse_timeout("2H"), hours(2));
  EXPECT_EQ(parse_timeout("0n"), Duration::zero());
  EXPECT_EQ(parse_timeout("99999999H"), Duration::max());
  for (const char* text : {"", "5", "S", "5s", "-5S", "999999999S", "5 S", "5SS"}) {
    EXPECT_FALSE(parse_timeout(text)) << text;
  }
}

TEST(GrpcTimeoutTest, IsPrinted) {
  EXPECT_EQ(print_timeout(Duration(1)), "1n");
  EXPECT_EQ(print_timeout(seconds(-1)), "1n");
  EXPECT_EQ(print_timeout(milliseconds(250)), "250000u");
  EXPECT_EQ(print_timeout(hours(24)), "86400000m");
  for (const Duration time : {Duration(99'999'999), Duration(seconds(7)), Duration(hours(5000))}) {
    EXPECT_GE(parse_timeout(print_timeout(time)), time);
  }
}

}  // namespace
}  // namespace edge::grpc
