#include "edge/api/http/configuration_body.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

std::string refusal(std::string_view body) {
  const auto wish = parse_revision(body);
  return wish ? "" : wish.error().message;
}

TEST(ConfigurationBody, ARevisionSetsAndDeletes) {
  const auto wish = parse_revision(R"({"items":{"a":"1","b":null,"c":""},"note":"why"})");
  ASSERT_TRUE(wish) << wish.error().message;
  ASSERT_EQ(wish->changes.size(), 3U);
  EXPECT_EQ(wish->changes[0].value, "1");
  EXPECT_EQ(wish->changes[1].value, std::nullopt);
  EXPECT_EQ(wish->changes[2].value, "");
  EXPECT_EQ(wish->note, "why");
  EXPECT_TRUE(parse_revision(R"({"items":{}})")->changes.empty());
}

TEST(ConfigurationBody, WhatIsWrongIsNamed) {
  EXPECT_EQ(refusal("{"), "invalid JSON at byte 2");
  EXPECT_EQ(refusal("[]"), "expected an object with \"items\", an object of keys and values");
  EXPECT_EQ(refusal(R"({"items":[]})"),
            "expected an object with \"items\", an object of keys and values");
  EXPECT_EQ(refusal(R"({"items":{"a":1}})"),
            "item \"a\" is number; a value is a text (or null, to delete the key): write it in "
            "quotes");
  EXPECT_EQ(refusal(R"({"items":{"a":{"b":"c"}}})").substr(0, 19), "item \"a\" is object;");
  EXPECT_EQ(refusal(R"({"items":{},"note":1})"), "member \"note\" is not a string");
}

TEST(ConfigurationBody, ARollbackNamesItsRevision) {
  EXPECT_EQ(parse_rollback(R"({"revision":7})").value(), 7U);
  EXPECT_FALSE(parse_rollback("{}"));
  EXPECT_FALSE(parse_rollback(R"({"revision":-1})"));
  EXPECT_FALSE(parse_rollback(R"({"revision":"7"})"));
}

TEST(ConfigurationBody, HistoryTellsBeforeAndAfter) {
  configuration::PastRevision past{
      .number = 7, .time = WallTime(), .note = "n\"", .differences = {}};
  past.differences = {{"a", "1", "2"}, {"b", std::nullopt, ""}, {"c", "3", std::nullopt}};
  EXPECT_EQ(history_body({past}),
            "{\"revisions\":[{\"revision\":7,\"time\":\"1970-01-01T00:00:00Z\",\"note\":\"n\\\"\","
            "\"changes\":{\"a\":{\"before\":\"1\",\"after\":\"2\"},\"b\":{\"after\":\"\"},"
            "\"c\":{\"before\":\"3\"}}}]}");
  EXPECT_EQ(history_body({}), "{\"revisions\":[]}");
  EXPECT_EQ(written_body({8, 2}), "{\"revision\":8,\"changed\":2}");
}

}  // namespace
}  // namespace edge::api
