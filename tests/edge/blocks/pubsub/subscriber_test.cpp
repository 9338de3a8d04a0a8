#include "edge/blocks/pubsub/subscriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Wanted = Subscriber::Wanted;

TopicSubscription to_topic(std::string topic, std::string path = "/p") {
  SubscriptionText text;
  text.pubsub = "ps";
  text.topic = std::move(topic);
  text.default_path = std::move(path);
  return *TopicSubscription::build(std::move(text));
}

class Subscribing : public testing::Test {
 protected:
  Subscribing() {
    log::capture([](std::string_view) {});
    group_.spawn(subscriber_.run(group_.ctx()));
  }
  ~Subscribing() override {
    run(loop_, group_.close());
    run(loop_, block_.close());
    log::capture(nullptr);
  }

  void add_bus() {
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    block_.add({.name = "ps",
                .bus = std::move(bus),
                .topics = TopicScopes::parse({{"subscriptionScopes", "shop=a,b,c"}})});
  }
  void settle() { loop_.advance(std::chrono::milliseconds(1)); }

  SimLoop loop_;
  PubsubBlock block_{loop_};
  App app_{loop_, {.id = "shop"}, nullptr};
  FakeSubscriberChannel channel_{loop_};
  Subscriber subscriber_{block_, app_, channel_};
  FakeBus* bus_ = nullptr;
  TaskGroup group_{loop_, "test"};
};

TEST_F(Subscribing, WaitsForTheAppAndTheBus) {
  subscriber_.set_declarations({to_topic("a")});
  settle();
  EXPECT_EQ(channel_.lists, 0);
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_EQ(channel_.lists, 0);
  add_bus();
  settle();
  EXPECT_EQ(channel_.lists, 1);
  EXPECT_THAT(bus_->topics(), ElementsAre("a"));
  EXPECT_EQ(bus_->opened[0]->request.app_id, "shop");
}

TEST_F(Subscribing, AsksTheAppOnceAndTakesItsOwnOverDeclaredOnes) {
  add_bus();
  channel_.own = {to_topic("a", "/own"), to_topic("b")};
  subscriber_.set_declarations({to_topic("a", "/declared"), to_topic("c")});
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(subscriber_.active()[0]->text().default_path, "/own");
  subscriber_.set_wanted(Wanted::kNo);
  settle();
  EXPECT_THAT(bus_->topics(), IsEmpty());
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(channel_.lists, 1);
}

TEST_F(Subscribing, DeclarationsChangeWhileTheRestStays) {
  add_bus();
  subscriber_.set_wanted(Wanted::kYes);
  subscriber_.set_declarations({to_topic("a"), to_topic("b")});
  settle();
  const auto a = bus_->opened[0];
  subscriber_.set_declarations({to_topic("a"), to_topic("b", "/new"), to_topic("c")});
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(a->closed);
  EXPECT_EQ(bus_->opened.size(), 4U);
  subscriber_.set_declarations({});
  settle();
  EXPECT_THAT(bus_->topics(), IsEmpty());
}

TEST_F(Subscribing, TriesAgainWhatFailed) {
  add_bus();
  bus_->subscribe_errors = {{Code::kUnavailable, "no server"}, {Code::kUnavailable, "no server"}};
  subscriber_.set_declarations({to_topic("a"), to_topic("b")});
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), IsEmpty());
  loop_.advance(seconds(2));
  EXPECT_THAT(bus_->topics(), ElementsAre("a", "b"));
}

TEST_F(Subscribing, AListThatCannotBeFetchedIsAskedForAgain) {
  add_bus();
  channel_.own = {to_topic("a")};
  channel_.list_errors = {{Code::kUnavailable, "refused"}, {Code::kUnavailable, "refused"}};
  subscriber_.set_wanted(Wanted::kYes);
  loop_.advance(seconds(5));
  EXPECT_EQ(channel_.lists, 3);
  EXPECT_THAT(bus_->topics(), ElementsAre("a"));
}

TEST_F(Subscribing, AListThatMakesNoSenseIsNoList) {
  add_bus();
  channel_.list_errors = {{Code::kInvalidArgument, "no array"}};
  subscriber_.set_declarations({to_topic("a")});
  subscriber_.set_wanted(Wanted::kYes);
  loop_.advance(seconds(5));
  EXPECT_EQ(channel_.lists, 1);
  EXPECT_THAT(bus_->topics(), ElementsAre("a"));
}

TEST_F(Subscribing, WhatScopesForbidIsPassedOver) {
  add_bus();
  subscriber_.set_declarations({to_topic("forbidden"), to_topic("a")});
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("a"));
}

TEST_F(Subscribing, ABusThatIsRemovedIsLetGoOf) {
  add_bus();
  subscriber_.set_declarations({to_topic("a")});
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  const auto a = bus_->opened[0];
  run(loop_, block_.remove("ps"));
  EXPECT_TRUE(a->closed);
  EXPECT_THAT(subscriber_.active(), IsEmpty());
  add_bus();
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("a"));
}

TEST_F(Subscribing, StoppingEndsIt) {
  add_bus();
  subscriber_.set_declarations({to_topic("a")});
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  run(loop_, subscriber_.stop(Ctx::background()));
  EXPECT_THAT(bus_->topics(), IsEmpty());
  subscriber_.set_wanted(Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), IsEmpty());
  EXPECT_EQ(group_.running(), 0U);
}

}  // namespace
}  // namespace edge::blocks
