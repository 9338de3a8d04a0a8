#include "edge/policy/topic_filter.h"

#include <gtest/gtest.h>

namespace edge::policy {
namespace {

TEST(TopicFilter, WildcardsStandForWholeLevels) {
  for (const char* filter : {"a", "a/b", "+", "#", "a/+/b", "a/#", "/", "a//b"}) {
    EXPECT_TRUE(is_topic_filter(filter)) << filter;
  }
  for (const char* filter : {"", "a+", "a/#/b", "a#", "#/", "a/b+/c"}) {
    EXPECT_FALSE(is_topic_filter(filter)) << filter;
  }
}

TEST(TopicFilter, FitsAsInMqtt) {
  EXPECT_TRUE(fits_filter("a/b", "a/b"));
  EXPECT_TRUE(fits_filter("a/+", "a/b"));
  EXPECT_TRUE(fits_filter("a/+", "a/"));
  EXPECT_TRUE(fits_filter("a/#", "a"));
  EXPECT_TRUE(fits_filter("a/#", "a/b/c"));
  EXPECT_TRUE(fits_filter("#", "a/b"));
  EXPECT_TRUE(fits_filter("+/+", "/a"));
  EXPECT_FALSE(fits_filter("a", "a/b"));
  EXPECT_FALSE(fits_filter("a/b", "a"));
  EXPECT_FALSE(fits_filter("a/+", "a"));
  EXPECT_FALSE(fits_filter("a/+", "a/b/c"));
  EXPECT_FALSE(fits_filter("a/#", "ab"));
}

}  // namespace
}  // namespace edge::policy
