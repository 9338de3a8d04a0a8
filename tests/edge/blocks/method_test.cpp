#include "edge/blocks/invoke/method.h"

#include <gtest/gtest.h>

namespace edge::blocks {
namespace {

TEST(MethodPath, IsDecodedCleanedAndEscapedAgain) {
  const std::pair<const char*, const char*> cases[] = {
      {"on", "/on"},        {"a/b/c", "/a/b/c"},   {"", "/"},
      {".", "/"},           {"a%2Fb", "/a/b"},     {"a//b", "/a/b"},
      {"a/../b", "/b"},     {"../../etc", "/etc"}, {"a/./b/", "/a/b/"},
      {"a%20b", "/a%20b"},  {"100%25", "/100%25"}, {"%E7%81%AF", "/%E7%81%AF"},
      {"a/%2e%2e/b", "/b"}, {"x+y", "/x+y"},
  };
  for (const auto& [escaped, path] : cases) {
    const auto result = method_path(escaped);
    ASSERT_TRUE(result) << escaped;
    EXPECT_EQ(*result, path) << escaped;
  }
}

TEST(MethodPath, RefusesWhatCouldSmuggle) {
  for (const char* bad : {"a%00", "a%0d%0aHost:x", "a%3Fb", "a%23b", "a%7f", "a%", "a%zz"}) {
    const auto result = method_path(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_TRUE(result.error().message.starts_with("invalid method: "));
  }
}

}  // namespace
}  // namespace edge::blocks
