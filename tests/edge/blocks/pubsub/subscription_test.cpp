#include "edge/blocks/pubsub/subscription.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/rfc3339.h"
#include "edge/blocks/pubsub/topic_scopes.h"

namespace edge::blocks {
namespace {

SubscriptionText text_of(std::string topic, std::string path) {
  SubscriptionText text;
  text.pubsub = "ps";
  text.topic = std::move(topic);
  text.default_path = std::move(path);
  return text;
}

TopicSubscription made(SubscriptionText text) {
  auto built = TopicSubscription::build(std::move(text));
  EXPECT_TRUE(built) << built.error().message;
  return *built;
}

TEST(Subscription, RoutesByTheFirstRuleThatHolds) {
  SubscriptionText text = text_of("t", "/else");
  text.rules = {{"event.type == 'a'", "/a"}, {"event.data.n > 5", "/many"}, {"", "/any"}};
  const TopicSubscription subscription = made(text);
  EXPECT_TRUE(subscription.has_conditions());
  EXPECT_EQ(*subscription.route({{"type", "a"}}), "/a");
  EXPECT_EQ(*subscription.route({{"type", "b"}, {"data", {{"n", 6}}}}), "/many");
  EXPECT_EQ(*subscription.route({{"type", "b"}, {"data", {{"n", 1}}}}), "/any");
  const auto failed = subscription.route({{"type", "b"}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "rule 'event.data.n > 5': column 7: no such key: data");
}

TEST(Subscription, WithoutADefaultAMessageMayHaveNoRoute) {
  SubscriptionText text = text_of("t", "");
  text.default_path.reset();
  text.rules = {{"event.type == 'a'", "/a"}};
  EXPECT_EQ(*made(text).route({{"type", "b"}}), std::nullopt);
}

TEST(Subscription, NamesWhatIsWrong) {
  const auto message = [](auto change) {
    SubscriptionText text = text_of("t", "/p");
    change(text);
    const auto built = TopicSubscription::build(text);
    return built ? "built" : built.error().message;
  };
  EXPECT_EQ(message([](auto& t) { t.pubsub = ""; }), "the name of the pubsub is empty");
  EXPECT_EQ(message([](auto& t) { t.topic = ""; }), "the topic is empty");
  EXPECT_EQ(message([](auto& t) { t.dead_letter_topic = "t"; }),
            "deadLetterTopic is the topic itself: what fails would come again for ever");
  EXPECT_EQ(message([](auto& t) { t.dead_letter_topic = "t2"; }), "built");
  EXPECT_EQ(message([](auto& t) { t.default_path.reset(); }), "there is no route");
  EXPECT_EQ(message([](auto& t) { t.rules = {{"", "/a"}, {"event.", "/b"}}; }),
            "rule 2: column 7: expected a field name, found the end");
  EXPECT_EQ(message([](auto& t) { t.metadata["rawPayload"] = "maybe"; }),
            "rawPayload value must be a valid boolean: actual is 'maybe'");
  EXPECT_EQ(message([](auto& t) { t.bulk.max_messages = 0; }),
            "maxMessagesCount is not between 1 and 10000");
  EXPECT_EQ(message([](auto& t) { t.bulk.max_await = Duration::zero(); }),
            "maxAwaitDurationMs is not between 1 and 300000");
}

TEST(Subscription, OwnOnesStandInPlaceOfDeclaredOnes) {
  SubscriptionText scoped = text_of("a", "/scoped");
  scoped.scopes = {"other"};
  const std::vector<TopicSubscription> declared = {made(scoped), made(text_of("a", "/first")),
                                                   made(text_of("a", "/second")),
                                                   made(text_of("b", "/b"))};
  const std::vector<TopicSubscription> own = {made(text_of("b", "/own"))};
  const auto mine = subscriptions_of("me", declared, own);
  ASSERT_EQ(mine.size(), 2U);
  EXPECT_EQ(mine[0].text().default_path, "/own");
  EXPECT_EQ(mine[1].text().default_path, "/first");
  EXPECT_EQ(subscriptions_of("other", declared, {})[0].text().default_path, "/scoped");
}

TEST(Subscription, IsEqualByWhatItSays) {
  EXPECT_EQ(made(text_of("a", "/x")), made(text_of("a", "/x")));
  EXPECT_FALSE(made(text_of("a", "/x")) == made(text_of("a", "/y")));
}

TEST(TopicScopes, DecideAsDaprd) {
  const auto allows = [](const pubsub::Metadata& metadata, const char* app, const char* topic) {
    return TopicScopes::parse(metadata).allows(app, topic, TopicUse::kPublish);
  };
  EXPECT_TRUE(allows({}, "app", "t"));
  EXPECT_FALSE(allows({{"allowedTopics", "a, b"}}, "app", "t"));
  EXPECT_TRUE(allows({{"AllowedTopics", "a, b"}}, "app", "b"));
  const pubsub::Metadata scopes = {{"publishingScopes", "app1 = t1, t2 ; app2="}};
  EXPECT_TRUE(allows(scopes, "app1", "t2"));
  EXPECT_FALSE(allows(scopes, "app1", "t3"));
  EXPECT_FALSE(allows(scopes, "app2", "t1"));
  EXPECT_TRUE(allows(scopes, "app3", "t1"));
  const pubsub::Metadata guarded = {{"protectedTopics", "p"}, {"publishingScopes", "app1=p"}};
  EXPECT_TRUE(allows(guarded, "app1", "p"));
  EXPECT_FALSE(allows(guarded, "app2", "p"));
  EXPECT_TRUE(allows(guarded, "app2", "other"));
  EXPECT_FALSE(allows(guarded, "app1", "other"));
  EXPECT_TRUE(TopicScopes::parse(scopes).allows("app2", "t1", TopicUse::kSubscribe));
}

TEST(EventTime, ReadsRfc3339) {
  const auto seconds = [](const char* text) {
    const auto time = parse_rfc3339(text);
    return time ? std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch())
                      .count()
                : -1;
  };
  EXPECT_EQ(seconds("1970-01-01T00:00:10Z"), 10'000);
  EXPECT_EQ(seconds("1970-01-01t00:00:10.250z"), 10'250);
  EXPECT_EQ(seconds("1970-01-01T02:00:10+02:00"), 10'000);
  EXPECT_EQ(seconds("1969-12-31T23:30:00-00:30"), 0);
  EXPECT_EQ(seconds("2026-08-21T20:00:00Z"), 1'787'342'400'000);
  for (const char* bad : {"", "2026-08-21", "2026-08-21T20:00:00", "2026-13-21T20:00:00Z",
                          "2026-02-30T20:00:00Z", "2026-08-21T24:00:00Z", "2026-08-21T20:00:00+2",
                          "9999-08-21T20:00:00Z", "0001-01-01T00:00:00Z", "x026-08-21T20:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace edge::blocks
