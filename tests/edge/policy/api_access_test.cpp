#include "edge/policy/api_access.h"

#include <gtest/gtest.h>

namespace edge::policy {
namespace {

TEST(ApiAccess, WithoutRulesEverythingIsPermitted) {
  const ApiAccess access;
  EXPECT_TRUE(access.permits("http", "v1.0", "state"));
}

TEST(ApiAccess, WhatIsDeniedIsTakenAway) {
  ApiAccess access;
  access.deny({"state", "v1", "http"});
  EXPECT_FALSE(access.permits("http", "v1.0", "state"));
  EXPECT_TRUE(access.permits("grpc", "v1.0", "state"));
  EXPECT_TRUE(access.permits("http", "v1.0-alpha1", "state"));
  EXPECT_TRUE(access.permits("http", "v1.0", "invoke"));
}

TEST(ApiAccess, AListOfWhatIsAllowedAllowsNothingElse) {
  ApiAccess access;
  access.allow({"state", "v1.0", "http"});
  access.allow({"state", "v1alpha1", "http"});
  EXPECT_TRUE(access.permits("http", "v1.0", "state"));
  EXPECT_TRUE(access.permits("http", "v1.0-alpha1", "state"));
  EXPECT_FALSE(access.permits("http", "v1.0", "invoke"));
  EXPECT_TRUE(access.permits("grpc", "v1.0", "invoke"));
}

}  // namespace
}  // namespace edge::policy
