// What every message bus does, run for each registered one. Source: conformance §2.
#include "tests/components/pubsub/conformance.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "edge/loop/sim_loop.h"

namespace edge::pubsub {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

std::unique_ptr<Loop> sim_loop() {
  return std::make_unique<SimLoop>();
}

std::vector<Case> all_cases() {
  return {
      {"in_memory",
       "pubsub.in-memory",
       sim_loop,
       [](const test::TempDir&) { return components::Metadata{}; },
       {Feature::kSubscribeWildcards},
       {Promise::kBulk, Promise::kCarriesMetadata, Promise::kGivesMany},
       Durability::kMemory},
      {"sqlite",
       "pubsub.sqlite",
       sim_loop,
       [](const test::TempDir& dir) {
         return components::Metadata{{"connectionString", dir.file("queue.db")},
                                     {"retryInterval", "10ms"}};
       },
       {Feature::kMessageTtl},
       {Promise::kKeepsForTheAbsent, Promise::kRepeatsFailed, Promise::kOneOfAnAppsTakesIt,
        Promise::kBulk, Promise::kCarriesMetadata, Promise::kGivesMany},
       Durability::kCommitted},
  };
}

TEST_P(PubsubConformance, FeaturesAreAsListed) {
  const auto listed = bus().bus().features();
  EXPECT_EQ(std::set<Feature>(listed.begin(), listed.end()), GetParam().features);
  EXPECT_EQ(dynamic_cast<BulkBus*>(&bus().bus()) != nullptr, promises(Promise::kBulk));
}

TEST_P(PubsubConformance, MessagesComeInOrderAsTheyWerePublished) {
  Inbox app = inbox();
  const auto subscribed = bus().subscribe("app", "orders", app);
  ASSERT_TRUE(subscribed.result()) << subscribed.result().error().message;
  for (const auto& data : numbered("m", 1, 10)) {
    EXPECT_EQ(bus().publish("orders", data).value(), GetParam().durability);
  }
  ASSERT_TRUE(app.wait_for(10));
  EXPECT_THAT(app.data(), ElementsAreArray(numbered("m", 1, 10)));
  for (const auto& delivery : app.got()) EXPECT_EQ(delivery.topic, "orders");
  EXPECT_EQ(app.most_at_once(), 1U);
}

TEST_P(PubsubConformance, BytesAndMetadataComeAsTheyWereGiven) {
  Inbox app = inbox();
  const auto subscribed = bus().subscribe("app", "t", app);
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  ASSERT_TRUE(bus().publish("t", every_byte, {{"color", "\"red\""}, {"partitionKey", "k"}}));
  ASSERT_TRUE(bus().publish("t", ""));
  ASSERT_TRUE(app.wait_for(2));
  EXPECT_EQ(app.got()[0].data, every_byte);
  EXPECT_EQ(app.got()[1].data, "");
  if (!promises(Promise::kCarriesMetadata)) return;
  EXPECT_EQ(app.got()[0].metadata.at("color"), "\"red\"");
  EXPECT_EQ(app.got()[0].metadata.at("partitionKey"), "k");
  EXPECT_EQ(app.got()[1].data, "");
  EXPECT_TRUE(app.got()[1].metadata.empty());
}

TEST_P(PubsubConformance, FailingHandlersDoNotStopTheRest) {
  Inbox app = inbox();
  std::set<std::string> failed;
  int calls = 0;
  app.judge = [&](const Delivery& delivery) -> Status {
    ++calls;
    if (calls > 2 && calls % 5 != 0) return {};
    failed.insert(delivery.data);
    return Error{Code::kInternal, "not now"};
  };
  const auto subscribed = bus().subscribe("app", "t", app);
  bus().publish_many("t", "m", 10);
  const auto wanted = [&] {
    const std::set<std::string> done(app.processed().begin(), app.processed().end());
    return promises(Promise::kRepeatsFailed) ? done.size() == 10
                                             : done.size() + failed.size() == 10;
  };
  ASSERT_TRUE(app.wait_until(wanted));
  EXPECT_TRUE(std::ranges::is_sorted(
      app.processed(), {}, [](const std::string& data) { return std::stoi(data.substr(1)); }));
}

TEST_P(PubsubConformance, AHandlerThatThrowsDoesNotStopTheRest) {
  Inbox app = inbox();
  app.judge = [thrown = false](const Delivery&) mutable -> Status {
    if (!std::exchange(thrown, true)) throw std::runtime_error("a bug");
    return {};
  };
  const auto subscribed = bus().subscribe("app", "t", app);
  bus().publish_many("t", "m", 2);
  ASSERT_TRUE(app.wait_until([&] { return !app.processed().empty(); }));
}

TEST_P(PubsubConformance, TopicsAreKeptApartAndOneOfTwoCanEnd) {
  Inbox first = inbox();
  Inbox second = inbox();
  Subscribed one = bus().subscribe("app", "first", first);
  const Subscribed two = bus().subscribe("app", "second", second);
  bus().publish_many("first", "a", 3);
  bus().publish_many("second", "b", 3);
  ASSERT_TRUE(first.wait_for(3));
  ASSERT_TRUE(second.wait_for(3));
  one.end();
  bus().publish_many("first", "c", 3);
  bus().publish_many("second", "d", 3);
  ASSERT_TRUE(second.wait_for(6));
  EXPECT_THAT(first.data(), ElementsAre("a1", "a2", "a3"));
  EXPECT_THAT(second.data(), ElementsAre("b1", "b2", "b3", "d1", "d2", "d3"));
}

TEST_P(PubsubConformance, EveryAppGetsEveryMessage) {
  Inbox first = inbox();
  Inbox second = inbox();
  const Subscribed one = bus().subscribe("one", "t", first);
  bus().publish_many("t", "a", 2);
  ASSERT_TRUE(first.wait_for(2));
  const Subscribed two = bus().subscribe("two", "t", second);
  bus().publish_many("t", "b", 2);
  ASSERT_TRUE(first.wait_for(4));
  ASSERT_TRUE(second.wait_for(2));
  EXPECT_THAT(first.data(), ElementsAre("a1", "a2", "b1", "b2"));
  EXPECT_THAT(second.data(), ElementsAre("b1", "b2")) << "a new app begins with what is new";
}

TEST_P(PubsubConformance, TwoSubscriptionsOfOneApp) {
  Inbox first = inbox();
  Inbox second = inbox();
  const Subscribed one = bus().subscribe("app", "t", first);
  const Subscribed two = bus().subscribe("app", "t", second);
  const bool share = promises(Promise::kOneOfAnAppsTakesIt);
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(bus().publish("t", "m", {{"partitionKey", std::to_string(i)}}));
  }
  const std::size_t wanted = share ? 20 : 40;
  if (!share) {
    ASSERT_TRUE(first.wait_for(20));
    ASSERT_TRUE(second.wait_for(20));
  }
  ASSERT_TRUE(first.wait_until([&] {
    return first.got().size() + second.got().size() >= wanted;
  }) || second.wait_until([&] { return first.got().size() + second.got().size() >= wanted; }));
  EXPECT_EQ(first.got().size() + second.got().size(), wanted);
}

TEST_P(PubsubConformance, ASlowAppSlowsNobody) {
  Inbox slow = inbox();
  Inbox fast = inbox();
  slow.hold();
  Subscribed one = bus().subscribe("slow", "t", slow);
  const Subscribed two = bus().subscribe("fast", "t", fast);
  bus().publish_many("t", "m", 100);
  ASSERT_TRUE(fast.wait_for(100));
  EXPECT_EQ(slow.got().size(), 1U);
  slow.release();
  ASSERT_TRUE(slow.wait_for(100));
  EXPECT_THAT(slow.data(), ElementsAreArray(numbered("m", 1, 100)));
}

TEST_P(PubsubConformance, ClosingWaitsForTheHandlerAndThenNoneIsCalled) {
  Inbox app = inbox();
  Inbox witness = inbox();
  app.hold();
  Subscribed subscribed = bus().subscribe("app", "t", app);
  const Subscribed other = bus().subscribe("witness", "t", witness);
  bus().publish_many("t", "m", 5);
  ASSERT_TRUE(app.wait_for(1));
  ASSERT_TRUE(witness.wait_for(5));
  subscribed.end();  // the app does not answer: after a while its handler is cancelled
  EXPECT_TRUE(app.processed().empty());
  app.release();
  bus().publish_many("t", "n", 5);
  ASSERT_TRUE(witness.wait_for(10));
  EXPECT_EQ(app.got().size(), 1U);
}

TEST_P(PubsubConformance, AnAppThatComesBackGetsWhatItMissed) {
  if (!promises(Promise::kKeepsForTheAbsent)) GTEST_SKIP() << "keeps nothing for the absent";
  Inbox before = inbox();
  {
    const Subscribed subscribed = bus().subscribe("app", "t", before);
    bus().publish_many("t", "a", 3);
    ASSERT_TRUE(before.wait_until([&] { return before.processed().size() == 3; }));
  }
  bus().publish_many("t", "b", 3);
  stop();
  start();
  bus().publish_many("t", "c", 3);
  Inbox after = inbox();
  const Subscribed subscribed = bus().subscribe("app", "t", after);
  ASSERT_TRUE(after.wait_for(6));
  EXPECT_THAT(after.data(), ElementsAre("b1", "b2", "b3", "c1", "c2", "c3"));
}

TEST_P(PubsubConformance, WhoSubscribesForNowLeavesNothingBehind) {
  Inbox witness = inbox();
  const Subscribed other = bus().subscribe("witness", "t", witness);
  bus().publish_many("t", "a", 2);
  ASSERT_TRUE(witness.wait_for(2));
  Inbox now = inbox();
  {
    const Subscribed subscribed =
        bus().subscribe({.topic = "t", .lasting = Lasting::kNothing}, now);
    ASSERT_TRUE(subscribed.result()) << subscribed.result().error().message;
    bus().publish_many("t", "b", 2);
    ASSERT_TRUE(now.wait_for(2));
    ASSERT_TRUE(witness.wait_for(4)) << "it takes nothing from others";
  }
  bus().publish_many("t", "c", 2);
  ASSERT_TRUE(witness.wait_for(6));
  const Subscribed again = bus().subscribe({.topic = "t", .lasting = Lasting::kNothing}, now);
  bus().publish_many("t", "d", 2);
  ASSERT_TRUE(now.wait_for(4));
  EXPECT_THAT(now.data(), ElementsAre("b1", "b2", "d1", "d2"));
}

TEST_P(PubsubConformance, ABulkSubscriptionIsGivenManyAtOnce) {
  if (!promises(Promise::kGivesMany)) GTEST_SKIP() << "gives one message at a time";
  Inbox app = inbox();
  app.hold();
  const Subscribed subscribed = bus().subscribe(
      {.app_id = "app", .topic = "t", .metadata = {{"maxBulkSubCount", "20"}}}, app);
  bus().publish_many("t", "m", 30);
  ASSERT_TRUE(app.wait_for(20));
  EXPECT_THAT(app.data(), ElementsAreArray(numbered("m", 1, 20)));
  app.release();
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 30; }));
  EXPECT_EQ(app.most_at_once(), 20U);
}

TEST_P(PubsubConformance, ManyAtOnceAreAnsweredOneByOne) {
  if (!promises(Promise::kBulk)) GTEST_SKIP() << "takes one message at a time";
  Inbox app = inbox();
  const Subscribed subscribed = bus().subscribe("app", "t", app);
  std::vector<Publication> publications;
  for (const auto& data : numbered("m", 1, 5)) {
    publications.push_back({.app_id = "publisher",
                            .topic = data == "m3" ? "" : "t",
                            .data = data,
                            .content_type = "text/plain",
                            .metadata = {}});
  }
  const auto answers = bus().publish_all(std::move(publications));
  ASSERT_EQ(answers.size(), 5U);
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].has_value(), i != 2) << i;
  EXPECT_EQ(answers[0].value(), GetParam().durability);
  EXPECT_EQ(answers[2].error().code, Code::kInvalidArgument);
  ASSERT_TRUE(app.wait_for(4));
  EXPECT_THAT(app.data(), ElementsAre("m1", "m2", "m4", "m5"));
}

TEST_P(PubsubConformance, ExpiredMessagesAreSkipped) {
  if (!has(Feature::kMessageTtl)) GTEST_SKIP() << "does not expire messages itself";
  Inbox first = inbox();
  bus().subscribe("app", "t", first).end();
  ASSERT_TRUE(bus().publish("t", "short", {{"ttlInSeconds", "10"}}));
  ASSERT_TRUE(bus().publish("t", "long", {{"TTL", "1h"}}));
  ASSERT_TRUE(bus().publish("t", "for ever"));
  ASSERT_TRUE(run(*loop_, sleep_for(*loop_, Ctx::background(), std::chrono::seconds(11))));
  const Subscribed subscribed = bus().subscribe("app", "t", first);
  ASSERT_TRUE(first.wait_for(2));
  EXPECT_THAT(first.data(), ElementsAre("long", "for ever"));
  const auto refused = bus().publish("t", "m", {{"ttlInSeconds", "soon"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
}

TEST_P(PubsubConformance, PatternsOfTopics) {
  Inbox app = inbox();
  const Subscribed subscribed = bus().subscribe("app", "floor/+/temperature", app);
  if (!has(Feature::kSubscribeWildcards)) {
    ASSERT_FALSE(subscribed.result());
    EXPECT_EQ(subscribed.result().error().code, Code::kInvalidArgument);
    return;
  }
  ASSERT_TRUE(bus().publish("floor/1/temperature", "20"));
  ASSERT_TRUE(bus().publish("floor/1/humidity", "50"));
  ASSERT_TRUE(bus().publish("floor/2/temperature", "21"));
  ASSERT_TRUE(app.wait_for(2));
  EXPECT_THAT(app.data(), ElementsAre("20", "21"));
  EXPECT_EQ(app.got()[1].topic, "floor/2/temperature");
}

TEST_P(PubsubConformance, WhatNobodySubscribedToIsTaken) {
  EXPECT_TRUE(bus().publish("nobody", "m"));
  EXPECT_FALSE(bus().publish("", "m"));
}

TEST(PubsubConformanceCases, EveryTypeIsCovered) {
  // Those that need a server have a run of their own.
  const std::set<std::string> elsewhere = {"pubsub.mqtt3"};
  const auto cases = all_cases();
  for (const auto& type : components::pubsub_types()) {
    const std::string name(type.name);
    EXPECT_TRUE(elsewhere.contains(name) ||
                std::ranges::any_of(cases, [&](const Case& one) { return one.type == name; }))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PubsubConformance, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace edge::pubsub
