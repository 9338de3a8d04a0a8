#include "edge/api/http/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge::api {
namespace {

using testing::ElementsAre;

std::string pattern_of(const char* verb, const char* path) {
  const auto match = match_route(verb, path);
  return match ? std::string(match->route->pattern) : "";
}

TEST(Routes, TellVerbsAndPathsApart) {
  EXPECT_EQ(pattern_of("GET", "/v1.0/healthz"), "/v1.0/healthz");
  EXPECT_EQ(pattern_of("POST", "/v1.0/healthz"), "");
  EXPECT_EQ(pattern_of("PUT", "/v1.0/state/s"), "/v1.0/state/{store}");
  EXPECT_EQ(pattern_of("POST", "/v1.0/state/s/bulk"), "/v1.0/state/{store}/bulk");
  EXPECT_EQ(pattern_of("GET", "/v1.0/state/s/bulk"), "/v1.0/state/{store}/{key}");
  EXPECT_EQ(pattern_of("GET", "/v1.0/state/s"), "");
  EXPECT_EQ(pattern_of("GET", "/v1.0/state//k"), "");
  EXPECT_EQ(pattern_of("GET", "/nothing/here"), "");
}

TEST(Routes, ParametersAreDecodedLikeQueries) {
  const auto match = match_route("GET", "/v1.0/state/my%20store/a+b%2Fc");
  ASSERT_TRUE(match);
  EXPECT_THAT(match->parameters, ElementsAre("my store", "a b/c"));
}

TEST(Routes, TopicsTakeTheRestOfThePath) {
  const auto match = match_route("PUT", "/v1.0/publish/ps/a/b%20c/d");
  ASSERT_TRUE(match);
  EXPECT_THAT(match->parameters, ElementsAre("ps", "a/b c/d"));
  EXPECT_THAT(match_route("POST", "/v1.0/publish/ps")->parameters, ElementsAre("ps", ""));
  EXPECT_EQ(pattern_of("POST", "/v1.0/publish/bulk/ps/t"),
            "/v1.0/publish/bulk/{pubsub}/{topic...}");
  EXPECT_EQ(pattern_of("GET", "/v1.0/publish/ps/t"), "");
  EXPECT_EQ(pattern_of("POST", "/v1.0/publish"), "");
}

}  // namespace
}  // namespace edge::api
