#include "edge/base/result.h"

#include <gtest/gtest.h>

namespace edge {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{Code::kInvalidArgument, "odd"};
  return value / 2;
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(half(4).value(), 2);
  const auto failed = half(3);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Code::kInvalidArgument);
}

TEST(Result, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, GainsContextOnTheWayUp) {
  const Error error = half(3).error().within("open").within("start");
  EXPECT_EQ(error.message, "start: open: odd");
  EXPECT_EQ(error.code, Code::kInvalidArgument);
}

TEST(Code, MapsToHttpAndBack) {
  EXPECT_EQ(http_status(Code::kFailedPrecondition), 400);
  EXPECT_EQ(http_status(Code::kUnauthenticated), 401);
  EXPECT_EQ(http_status(Code::kUnavailable), 503);
  EXPECT_EQ(code_from_http(404), Code::kNotFound);
  EXPECT_EQ(code_from_http(504), Code::kDeadlineExceeded);
  EXPECT_EQ(code_from_http(418), Code::kUnknown);
}

TEST(Code, IsNamedAsGrpcNamesIt) {
  EXPECT_EQ(code_name(Code::kCancelled), "Canceled");
  EXPECT_EQ(code_name(Code::kUnauthenticated), "Unauthenticated");
}

}  // namespace
}  // namespace edge
