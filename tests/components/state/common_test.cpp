#include "components/state/common.h"

#include <gtest/gtest.h>

namespace edge::state {
namespace {

TEST(StateCommonTest, LikePatterns) {
  EXPECT_TRUE(is_like("", ""));
  EXPECT_TRUE(is_like("", "%"));
  EXPECT_FALSE(is_like("a", ""));
  EXPECT_TRUE(is_like("app||key", "app||%"));
  EXPECT_TRUE(is_like("abcabc", "%abc"));
  EXPECT_TRUE(is_like("abcabd", "%ab_"));
  EXPECT_FALSE(is_like("abc", "ab"));
  EXPECT_FALSE(is_like("abc", "ABC"));
  EXPECT_TRUE(is_like("50%", "50\\%"));
  EXPECT_FALSE(is_like("50x", "50\\%"));
  EXPECT_TRUE(is_like("a_b", "a\\_b"));
  EXPECT_FALSE(is_like("axb", "a\\_b"));
  EXPECT_TRUE(is_like("h\xc3\xa9!", "h_!")) << "one character, two bytes";
  EXPECT_TRUE(is_like("aXbXc", "a%b%c"));
  EXPECT_FALSE(is_like("aXbX", "a%b%c"));
}

TEST(StateCommonTest, LikeIsNotExponential) {
  const std::string text(20'000, 'a');
  EXPECT_FALSE(is_like(text, "%a%a%a%a%a%a%a%a%b"));
}

TEST(StateCommonTest, TtlRange) {
  EXPECT_EQ(ttl_seconds({{"TTLINSECONDS", "60"}})->value(), 60);
  EXPECT_FALSE(ttl_seconds({{"ttlInSeconds", "0"}})->has_value());
  EXPECT_FALSE(ttl_seconds({{"ttlInSeconds", "-1"}})->has_value());
  EXPECT_FALSE(ttl_seconds({})->has_value());
  EXPECT_EQ(ttl_seconds({{"ttlInSeconds", "2147483647"}})->value(), 2147483647);
  for (const char* wrong : {"-2", "2147483648", "foo", "1.5", "60s"}) {
    EXPECT_FALSE(ttl_seconds({{"ttlInSeconds", wrong}})) << wrong;
  }
}

TEST(StateCommonTest, Prefixes) {
  EXPECT_EQ(*key_prefix("a"), "a||");
  EXPECT_EQ(*key_prefix("a||"), "a||");
  EXPECT_EQ(key_prefix("").error().message, "prefix is required");
  EXPECT_EQ(key_prefix("||").error().message, "prefix is required");
  EXPECT_TRUE(is_last_segment("a||b", "a||"));
  EXPECT_FALSE(is_last_segment("a||b||c", "a||"));
  EXPECT_FALSE(is_last_segment("b||c", "a||"));
}

}  // namespace
}  // namespace edge::state
