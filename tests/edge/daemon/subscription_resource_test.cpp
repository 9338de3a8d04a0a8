#include <gtest/gtest.h>

#include "edge/daemon/resources/subscription.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using namespace std::chrono_literals;

std::string v1_with(std::string_view spec) {
  return "apiVersion: dapr.io/v1alpha1\nkind: Subscription\nmetadata: {name: s}\nspec: " +
         std::string(spec) + "\n";
}

std::string v2_with(std::string_view spec) {
  return "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: s}\nspec: " +
         std::string(spec) + "\n";
}

TEST(SubscriptionResource, EveryFieldOfTheSecondVersionIsRead) {
  const auto resources = read_text(R"(apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: orders, namespace: home}
spec:
  pubsubname: bus
  topic: orders/new
  routes:
    rules:
    - {match: 'event.type == "a"', path: /a}
    - {path: /b}
    default: /c
  metadata: {rawPayload: "true", limit: 5}
  deadLetterTopic: poison
  bulkSubscribe: {enabled: true, maxMessagesCount: 7, maxAwaitDurationMs: 40}
scopes: [lamp]
)");
  ASSERT_TRUE(resources) << resources.error().message;
  const Subscription& read = resources->subscriptions.at(0);
  EXPECT_EQ(read.name, "orders");
  EXPECT_EQ(read.name_space, "home");
  EXPECT_EQ(read.pubsub, "bus");
  EXPECT_EQ(read.topic, "orders/new");
  ASSERT_EQ(read.rules.size(), 2u);
  EXPECT_EQ(read.rules[0].match, "event.type == \"a\"");
  EXPECT_EQ(read.rules[1].match, "");
  EXPECT_EQ(read.rules[1].path, "/b");
  EXPECT_EQ(read.default_path, "/c");
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(read.metadata, (std::vector<Pair>{{"rawPayload", "true"}, {"limit", "5"}}));
  EXPECT_EQ(read.dead_letter_topic, "poison");
  EXPECT_TRUE(read.bulk.enabled);
  EXPECT_EQ(read.bulk.max_messages, 7u);
  EXPECT_EQ(read.bulk.max_await, Duration(40ms));
  EXPECT_EQ(read.scopes, std::vector<std::string>{"lamp"});
  EXPECT_EQ(read.source.line, 1);
}

TEST(SubscriptionResource, TheFirstVersionHasOneRoute) {
  const auto resources = read_text(v1_with("{pubsubName: bus, topic: t, route: /h}"));
  ASSERT_TRUE(resources) << resources.error().message;
  const Subscription& read = resources->subscriptions.at(0);
  EXPECT_EQ(read.pubsub, "bus");
  EXPECT_EQ(read.default_path, "/h");
  EXPECT_TRUE(read.rules.empty());
  EXPECT_FALSE(read.bulk.enabled);
  EXPECT_EQ(read.bulk.max_messages, 100u);
  EXPECT_EQ(read.bulk.max_await, Duration(1s));
}

TEST(SubscriptionResource, FaultsNameTheField) {
  const std::pair<std::string, std::string> faults[] = {
      {v1_with("{topic: t, route: /h}"), "spec.pubsubname: missing"},
      {v1_with("{pubsubname: b, route: /h}"), "spec.topic: missing"},
      {v1_with("{pubsubname: b, topic: t}"), "spec.route: missing"},
      {v2_with("{pubsubname: b, topic: t}"), "spec.routes: missing"},
      {v2_with("{pubsubname: b, topic: t, routes: {other: 1}}"), "spec.routes: has neither rules"},
      {v2_with("{pubsubname: b, topic: t, routes: {rules: [{match: x}]}}"),
       "spec.routes.rules[0].path: missing"},
      {v2_with("{pubsubname: b, topic: t, routes: {default: /}, bulkSubscribe: "
               "{maxMessagesCount: 0}}"),
       "spec.bulkSubscribe.maxMessagesCount: expected"},
  };
  for (const auto& [text, fault] : faults) {
    EXPECT_NE(fault_of(text).find(fault), std::string::npos) << text << fault_of(text);
  }
}

}  // namespace
}  // namespace edge::daemon
