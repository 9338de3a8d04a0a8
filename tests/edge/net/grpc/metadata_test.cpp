#include "edge/net/grpc/metadata.h"

#include <gtest/gtest.h>

namespace edge::grpc {
namespace {

TEST(GrpcMetadataTest, IsPlainText) {
  EXPECT_TRUE(may_be_metadata("x-mine_1.2", ""));
  EXPECT_TRUE(may_be_metadata("x", "a b~"));
  EXPECT_FALSE(may_be_metadata("", "a"));
  EXPECT_FALSE(may_be_metadata("X-Mine", "a"));
  EXPECT_FALSE(may_be_metadata(":path", "a"));
  EXPECT_FALSE(may_be_metadata("x", " a"));
  EXPECT_FALSE(may_be_metadata("x", "a "));
  EXPECT_FALSE(may_be_metadata("x", "a\nb"));
  EXPECT_FALSE(may_be_metadata("x", "\xc3\xa4"));
}

TEST(GrpcMetadataTest, BinaryIsBase64) {
  EXPECT_TRUE(may_be_metadata("x-bin", ""));
  EXPECT_TRUE(may_be_metadata("x-bin", "AAE="));
  EXPECT_TRUE(may_be_metadata("x-bin", "AAE, AA"));
  EXPECT_FALSE(may_be_metadata("x-bin", "no base64!"));
  EXPECT_FALSE(may_be_metadata("x-bin", "AAE,!"));
}

}  // namespace
}  // namespace edge::grpc
