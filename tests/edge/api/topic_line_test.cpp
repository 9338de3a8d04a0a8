#include "edge/api/http/topic_line.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

std::string line(std::string data, pubsub::Metadata metadata = {}) {
  std::string text;
  append_message_line(text, {"t\n", std::move(data), std::move(metadata)}, WallTime());
  return text;
}

TEST(TopicLine, JsonStaysAsItIsOnOneLine) {
  EXPECT_EQ(line("\n{\"a\":\r\n 1e400}\n"),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"topic\":\"t\\n\",\"event\":{\"a\":   1e400}}\n");
}

TEST(TopicLine, OtherTextAndOtherBytes) {
  EXPECT_NE(line("a\nb").find(R"("text":"a\nb"})"), std::string::npos);
  EXPECT_NE(line("").find(R"("text":""})"), std::string::npos);
  EXPECT_NE(line("\xff").find(R"("base64":"/w=="})"), std::string::npos);
  EXPECT_NE(line(std::string(1000, '[')).find(R"("text":"[[[)"), std::string::npos) << "too deep";
}

TEST(TopicLine, MetadataWhereThereIsSome) {
  EXPECT_NE(line("1", {{"a", "\""}, {"b", ""}}).find(R"(,"metadata":{"a":"\"","b":""}})"),
            std::string::npos);
}

TEST(TopicLine, WhatIsNoMessage) {
  EXPECT_EQ(subscribed_line("bus", "a\"b"),
            "{\"subscribed\":{\"pubsub\":\"bus\",\"topic\":\"a\\\"b\"}}\n");
  EXPECT_EQ(lost_line(3), "{\"lost\":3}\n");
}

}  // namespace
}  // namespace edge::api
