#include "edge/net/mqtt/topic.h"

#include <gtest/gtest.h>

namespace edge::mqtt {
namespace {

TEST(MqttTopic, ATopicIsTextWithoutWildcards) {
  for (const char* topic : {"a", "a/b", "/", "/a//b", "$SYS/x", "ä/ö"}) {
    EXPECT_TRUE(check_topic(topic)) << topic;
  }
  for (const char* topic : {"", "a/+", "#", "a\xff"}) {
    EXPECT_FALSE(check_topic(topic)) << topic;
  }
  EXPECT_FALSE(check_topic(std::string_view("a\0b", 3)));
  EXPECT_FALSE(check_topic(std::string(65536, 'a')));
  EXPECT_TRUE(check_topic(std::string(65535, 'a')));
}

TEST(MqttTopic, AFilterHasWildcardsAsWholeLevels) {
  for (const char* filter : {"a", "+", "#", "a/+/b", "+/+", "a/#", "$share/g/a/+", "$share/g/#"}) {
    EXPECT_TRUE(check_filter(filter)) << filter;
  }
  for (const char* filter :
       {"", "a+", "a/b#", "#/a", "a/#/b", "$share/g", "$share//a", "$share/g/", "$share/+/a"}) {
    const Status checked = check_filter(filter);
    ASSERT_FALSE(checked) << filter;
    EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
  }
}

TEST(MqttTopic, OnlyAPlainTopicIsExact) {
  EXPECT_TRUE(is_exact("a/b"));
  for (const char* filter : {"a/+", "#", "$share/g/a"}) EXPECT_FALSE(is_exact(filter)) << filter;
}

}  // namespace
}  // namespace edge::mqtt
