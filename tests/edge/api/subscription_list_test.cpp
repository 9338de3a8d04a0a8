#include "edge/api/http/subscription_list.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

using blocks::SubscriptionText;

// The only subscription of a list, in plain values.
SubscriptionText only(std::string_view body) {
  const auto list = parse_subscription_list("app", body);
  EXPECT_TRUE(list) << list.error().message;
  if (!list || list->size() != 1) {
    ADD_FAILURE() << body;
    return {};
  }
  return list->front().text();
}

TEST(SubscriptionList, NothingIsAnEmptyList) {
  for (const char* body : {"", "  \n", "null", "[]"}) {
    const auto list = parse_subscription_list("app", body);
    ASSERT_TRUE(list) << body;
    EXPECT_TRUE(list->empty()) << body;
  }
}

TEST(SubscriptionList, TheShortForm) {
  const auto text = only(R"([{"pubsubname":"bus","topic":"t","route":"/here",
      "deadLetterTopic":"dead","metadata":{"rawPayload":"true","a":"b"},"unknown":1}])");
  EXPECT_EQ(text.pubsub, "bus");
  EXPECT_EQ(text.topic, "t");
  EXPECT_EQ(text.default_path, "/here");
  EXPECT_EQ(text.dead_letter_topic, "dead");
  EXPECT_EQ(text.metadata, (pubsub::Metadata{{"a", "b"}, {"rawPayload", "true"}}));
  EXPECT_EQ(text.origin, blocks::Origin::kProgrammatic);
  EXPECT_FALSE(text.bulk.enabled);
}

TEST(SubscriptionList, RulesInTheirOrder) {
  const auto text = only(R"([{"pubsubname":"bus","topic":"t","routes":{"rules":[
      {"match":"event.type == \"a\"","path":"/a"},{"match":"event.type == \"b\"","path":"/b"}],
      "default":"/rest"}}])");
  ASSERT_EQ(text.rules.size(), 2U);
  EXPECT_EQ(text.rules[0].path, "/a");
  EXPECT_EQ(text.rules[1].match, R"(event.type == "b")");
  EXPECT_EQ(text.default_path, "/rest");
}

TEST(SubscriptionList, BulkLimitsThatAreNotOverZeroAreTheDefaults) {
  const auto text = only(R"([{"pubsubname":"bus","topic":"t","route":"/","bulkSubscribe":
      {"enabled":true,"maxMessagesCount":7,"maxAwaitDurationMs":250}}])");
  EXPECT_EQ(text.bulk, (blocks::BulkDelivery{true, 7, std::chrono::milliseconds(250)}));
  const auto usual = only(R"([{"pubsubname":"bus","topic":"t","route":"/","bulkSubscribe":
      {"enabled":true,"maxMessagesCount":0,"maxAwaitDurationMs":-1}}])");
  EXPECT_EQ(usual.bulk, (blocks::BulkDelivery{.enabled = true}));
}

TEST(SubscriptionList, AnEntryWithoutARouteIsLeftOut) {
  EXPECT_EQ(only(R"([{"pubsubname":"bus","topic":"none"},
                     {"pubsubname":"bus","topic":"t","route":"/"},
                     {"pubsubname":"bus","topic":"empty","route":"","routes":{}}])")
                .topic,
            "t");
}

TEST(SubscriptionList, OneWrongEntryRefusesTheWholeList) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "JSON"},
      {"{}", "is not an array"},
      {"[7]", "subscription 1: an entry is not an object"},
      {R"([{"pubsubname":"b","topic":"t","route":"/"},{"pubsubname":7,"route":"/"}])",
       "subscription 2"},
      {R"([{"pubsubname":"b","topic":"t","route":["/"]}])", "route"},
      {R"([{"pubsubname":"b","topic":"t","routes":7}])", "member \"routes\" is not an object"},
      {R"([{"pubsubname":"b","topic":"t","routes":{"rules":{}}}])", "is not an array"},
      {R"([{"pubsubname":"b","topic":"t","route":"/","metadata":{"a":1}}])",
       "metadata \"a\" is not a string"},
      {R"([{"pubsubname":"b","topic":"t","route":"/","bulkSubscribe":{"enabled":"yes"}}])",
       "enabled"},
      {R"([{"pubsubname":"b","topic":"t","route":"/","bulkSubscribe":{"maxMessagesCount":"x"}}])",
       "maxMessagesCount"},
      {R"([{"pubsubname":"b","topic":"t","routes":{"rules":[{"match":"(","path":"/"}]}}])",
       "rule 1"},
      {R"([{"pubsubname":"","topic":"t","route":"/"}])", "subscription 1"},
  };
  for (const auto& [body, reason] : cases) {
    const auto list = parse_subscription_list("app", body);
    ASSERT_FALSE(list) << body;
    EXPECT_EQ(list.error().code, Code::kInvalidArgument) << body;
    EXPECT_NE(list.error().message.find(reason), std::string::npos)
        << body << ": " << list.error().message;
  }
}

TEST(SubscriptionList, ItsLengthIsBounded) {
  std::string body = "[";
  for (int i = 0; i <= 1000; ++i) {
    if (i > 0) body += ",";
    body += R"({"pubsubname":"b","topic":")" + std::to_string(i) + R"(","route":"/"})";
  }
  const auto list = parse_subscription_list("app", body + "]");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().message, "there are more than 1000 subscriptions");
}

}  // namespace
}  // namespace edge::api
