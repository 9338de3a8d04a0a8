// Subscriber and TopicConsumer of an app with instances in several lanes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/base/log.h"
#include "edge/blocks/pubsub/subscriber.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Wanted = Subscriber::Wanted;

TopicSubscription to_topic(std::string topic, std::string path) {
  SubscriptionText text;
  text.pubsub = "ps";
  text.topic = std::move(topic);
  text.default_path = std::move(path);
  return *TopicSubscription::build(std::move(text));
}

policy::LaneId lane(std::string_view name) {
  return policy::LaneId::parse(name).value();
}

class Instances : public testing::Test {
 protected:
  Instances() {
    log::capture([](std::string_view) {});
    auto table = std::make_shared<policy::LaneTable>();
    table->add({.id = lane("gray")});
    table->add({.id = lane("blue")});
    lanes_.configure(table);
    block_.use(lanes_);
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    block_.add({.name = "ps", .bus = std::move(bus), .topics = {}});
  }
  ~Instances() override {
    run(loop_, group_.close());
    run(loop_, block_.close());
    log::capture(nullptr);
  }

  void start() {
    group_.spawn(subscriber_->run(group_.ctx()));
    settle();
  }
  // With both instances, what they subscribe to set before.
  void start_both() {
    subscriber_->add_instance(gray_, of_gray_);
    subscriber_->set_wanted(base_, Wanted::kYes);
    subscriber_->set_wanted(gray_, Wanted::kYes);
    start();
  }
  void settle() { loop_.advance(std::chrono::milliseconds(1)); }

  // "ok", or what went wrong.
  std::string deliver(const char* topic, std::string_view in) {
    const std::string event =
        R"({"id":"1","data":1)" + (in.empty() ? "" : R"(,"lane":")" + std::string(in) + '"') + "}";
    for (const auto& open : bus_->opened) {
      if (open->closed || open->request.topic != topic) continue;
      const auto done = run(loop_, open->handler(Ctx::background(), {topic, event, {}, {}}));
      return done ? "ok" : done.error().message;
    }
    return "not open";
  }

  SimLoop loop_;
  Lanes lanes_;
  PubsubBlock block_{loop_};
  App base_{loop_, {.id = "shop"}, nullptr};
  App gray_{loop_, {.id = "shop", .lane = lane("gray")}, nullptr};
  FakeSubscriberChannel of_base_{loop_};
  FakeSubscriberChannel of_gray_{loop_};
  std::unique_ptr<Subscriber> subscriber_ = std::make_unique<Subscriber>(block_, base_, of_base_);
  FakeBus* bus_ = nullptr;
  TaskGroup group_{loop_, "test"};
};

TEST_F(Instances, AreOneConsumerAndEachMessageGoesToOne) {
  of_base_.own = {to_topic("t", "/v1")};
  of_gray_.own = {to_topic("t", "/v2")};
  start_both();
  EXPECT_THAT(bus_->topics(), ElementsAre("t"));
  EXPECT_EQ(bus_->opened[0]->request.app_id, "shop");
  for (const char* in : {"", "gray", "blue", "base", "ghost"}) EXPECT_EQ(deliver("t", in), "ok");
  EXPECT_THAT(of_gray_.paths, ElementsAre("/v2"));
  EXPECT_THAT(of_base_.paths, ElementsAre("/v1", "/v1", "/v1", "/v1"));
}

TEST_F(Instances, AnInstanceThatIsUnwellLeavesItsMessagesToTheBaseline) {
  of_base_.own = of_gray_.own = {to_topic("t", "/p")};
  start_both();
  subscriber_->set_wanted(gray_, Wanted::kNo);
  settle();
  EXPECT_EQ(deliver("t", "gray"), "ok");
  EXPECT_EQ(of_base_.paths.size(), 1U);
  subscriber_->set_wanted(gray_, Wanted::kYes);
  settle();
  EXPECT_EQ(deliver("t", "gray"), "ok");
  EXPECT_EQ(of_gray_.paths.size(), 1U);
}

// Else the baseline's messages would be taken off the bus and lost.
TEST_F(Instances, NothingIsOpenWhileTheBaselineIsUnwell) {
  of_base_.own = of_gray_.own = {to_topic("t", "/p")};
  start_both();
  subscriber_->set_wanted(base_, Wanted::kNo);
  settle();
  EXPECT_THAT(bus_->topics(), IsEmpty());
}

TEST_F(Instances, NothingIsOpenBeforeTheBaselineHasSaidWhatItSubscribesTo) {
  of_gray_.own = {to_topic("t", "/p")};
  subscriber_->add_instance(gray_, of_gray_);
  subscriber_->set_wanted(gray_, Wanted::kYes);
  start();
  EXPECT_THAT(bus_->topics(), IsEmpty());
  subscriber_->set_wanted(base_, Wanted::kYes);
  settle();
  EXPECT_THAT(bus_->topics(), ElementsAre("t"));
}

TEST_F(Instances, ATopicOfTheLaneAloneIsForTheLaneAlone) {
  of_base_.own = {to_topic("t", "/p")};
  of_gray_.own = {to_topic("new", "/new")};
  start_both();
  EXPECT_THAT(bus_->topics(), ElementsAre("t", "new"));
  EXPECT_EQ(deliver("new", ""), "ok");
  EXPECT_EQ(deliver("new", "blue"), "ok");
  EXPECT_THAT(of_gray_.paths, IsEmpty());
  EXPECT_EQ(deliver("new", "gray"), "ok");
  EXPECT_EQ(deliver("t", "gray"), "ok");
  EXPECT_THAT(of_gray_.paths, ElementsAre("/new"));
  EXPECT_THAT(of_base_.paths, ElementsAre("/p"));
}

TEST_F(Instances, AnAppThatIsInOneLaneOnlyTakesNoOthersMessages) {
  of_gray_.own = {to_topic("t", "/p")};
  subscriber_ = std::make_unique<Subscriber>(block_, gray_, of_gray_);
  subscriber_->set_wanted(Wanted::kYes);
  start();
  EXPECT_EQ(deliver("t", ""), "ok");
  EXPECT_EQ(deliver("t", "gray"), "ok");
  EXPECT_EQ(of_gray_.paths.size(), 1U);
}

TEST_F(Instances, TheBaselineComesFirstWhateverTheOrder) {
  subscriber_ = std::make_unique<Subscriber>(block_, gray_, of_gray_);
  subscriber_->add_instance(base_, of_base_);
  EXPECT_EQ(&subscriber_->app(), &base_);
  EXPECT_TRUE(subscriber_->has_instance(gray_));
}

}  // namespace
}  // namespace edge::blocks
