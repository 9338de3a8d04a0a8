#include "edge/blocks/pubsub/cloud_outlet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/loop/sim_loop.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

using nlohmann::json;
using pubsub::Durability;

// Keeps what is given, or says what a test wants; the cloud acknowledges at once, or never.
class FakePort final : public sync::CloudPort {
 public:
  explicit FakePort(Loop& loop) : loop_(loop) {}

  Task<Result<sync::Receipt>> enqueue(Ctx ctx, sync::Message message,
                                      sync::Durability wanted) override {
    if (error) co_return *error;
    local_before = bus->published.size();
    messages.push_back(std::move(message));
    if (wanted == sync::Durability::kCloud && is_away) {
      Event never(loop_);
      const Status waited = co_await never.wait(ctx);
      co_return waited.error();
    }
    co_return sync::Receipt{wanted, "id", {}};
  }
  [[nodiscard]] sync::EngineStatus status() const override {
    sync::EngineStatus status;
    status.lane = {"gray", 7};
    return status;
  }

  FakeBus* bus = nullptr;
  std::vector<sync::Message> messages;
  std::size_t local_before = 0;  // published on the hub before the last was kept
  std::optional<Error> error;
  bool is_away = false;

 private:
  Loop& loop_;
};

class CloudOutletTest : public testing::Test {
 protected:
  CloudOutletTest() {
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    port_.bus = bus_;
    block_.add({.name = "ps", .bus = std::move(bus), .topics = TopicScopes::parse({})});
    block_.use(outlet_);
  }

  ApiResult<Durability> publish(PublishRequest request) {
    return run(loop_, block_.publish(Ctx::background(), &app_, std::move(request)));
  }
  // The message that the cloud gets.
  sync::Message kept(PublishRequest request) {
    const auto reached = publish(std::move(request));
    EXPECT_TRUE(reached) << reached.error().message;
    if (port_.messages.empty()) return {};
    return port_.messages.back();
  }

  SimLoop loop_;
  PubsubBlock block_{loop_};
  FakePort port_{loop_};
  CloudOutlet outlet_{loop_,
                      port_,
                      {{"ps", "alarms/#", sync::Class::kAlarm},
                       {"ps", "floor/+/power", sync::Class::kTelemetry, std::chrono::hours(1)}}};
  FakeBus* bus_ = nullptr;
  App app_{loop_, {.id = "lamp"}, nullptr};
};

TEST_F(CloudOutletTest, OnlyMappedTopicsGoToTheCloud) {
  for (const char* topic : {"alarms", "alarms/fire", "floor/1/power"}) {
    const auto reached = publish({"ps", topic, "1", "application/json", {}});
    ASSERT_TRUE(reached);
    EXPECT_EQ(*reached, Durability::kCommitted) << topic;
  }
  for (const char* topic : {"alarm", "floor/1/heat", "floor/1/2/power", "floor/power"}) {
    const auto reached = publish({"ps", topic, "1", "application/json", {}});
    ASSERT_TRUE(reached);
    EXPECT_EQ(*reached, Durability::kMemory) << topic;
  }
  EXPECT_EQ(port_.messages.size(), 3U);
  EXPECT_EQ(bus_->published.size(), 7U);
}

TEST_F(CloudOutletTest, TheMessageHasWhatThePublisherSaid) {
  const sync::Message message = kept({"ps",
                                      "floor/1/power",
                                      R"({"on":1.50})",
                                      "application/json",
                                      {{"partitionKey", "k"}, {"cloudevent.type", "lit"}}});
  EXPECT_EQ(message.cls, sync::Class::kTelemetry);
  EXPECT_EQ(message.source, "lamp");
  EXPECT_EQ(message.topic, "floor/1/power");
  EXPECT_EQ(message.key, "k");
  EXPECT_EQ(message.type, "lit");
  EXPECT_EQ(message.body, R"({"on":1.50})");
  EXPECT_EQ(message.attributes, "");
  EXPECT_EQ(message.ttl, std::chrono::hours(1));
  EXPECT_EQ(message.lane->id, "base");
  EXPECT_EQ(message.lane->gen, 0U);
  const auto own = kept({"ps", "alarms/a", "x", "text/plain", {{"ttlInSeconds", "5"}}});
  EXPECT_EQ(own.ttl, std::chrono::seconds(5));
  EXPECT_EQ(json::parse(own.attributes)["datacontenttype"], "text/plain");
}

// A message that would live, or read, otherwise than its publisher meant is kept nowhere.
TEST_F(CloudOutletTest, WhatCannotBeReadIsRefusedBeforeAnythingIsKept) {
  for (const char* ttl : {"0", "-1", "soon", "99999999999"}) {
    const auto reached = publish({"ps", "alarms/a", "x", "text/plain", {{"ttlInSeconds", ttl}}});
    ASSERT_FALSE(reached) << ttl;
    EXPECT_EQ(reached.error().http, 400) << ttl;
    EXPECT_THAT(reached.error().message, testing::HasSubstr("ttlInSeconds")) << ttl;
  }
  const auto reached = publish({"ps",
                                "alarms/a",
                                R"({"specversion":"1.0","data_base64":"%"})",
                                "application/cloudevents+json",
                                {}});
  ASSERT_FALSE(reached);
  EXPECT_EQ(reached.error().http, 400);
  EXPECT_THAT(reached.error().message, testing::HasSubstr("data_base64"));
  EXPECT_TRUE(port_.messages.empty());
  EXPECT_TRUE(bus_->published.empty());
}

TEST_F(CloudOutletTest, TheLaneIsTheOneOfTheEntry) {
  PublishRequest request{"ps", "alarms/a", "1", "application/json", {}};
  request.lane.context = {.lane = *policy::LaneId::parse("gray"),
                          .source = policy::LaneSource::kUser};
  const sync::Message message = kept(std::move(request));
  EXPECT_EQ(message.lane->id, "gray");
  EXPECT_EQ(message.lane->gen, 7U);
}

TEST_F(CloudOutletTest, AnEventOfTheAppsOwnKeepsItsAttributes) {
  const sync::Message message =
      kept({"ps",
            "alarms/a",
            R"({"specversion":"1.0","id":"e1","source":"s","type":"t","color":"red",)"
            R"("lane":"gray","datacontenttype":"text/plain","data":"hi"})",
            "application/cloudevents+json",
            {}});
  EXPECT_EQ(message.type, "t");
  EXPECT_EQ(message.body, "hi");
  EXPECT_EQ(json::parse(message.attributes),
            json({{"originid", "e1"}, {"color", "red"}, {"datacontenttype", "text/plain"}}));
}

TEST_F(CloudOutletTest, WhatTheOutboxRefusesGoesNowhere) {
  port_.error = Error{Code::kResourceExhausted, "full"};
  const auto refused = publish({"ps", "alarms/a", "1", "", {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().http, 429);
  EXPECT_EQ(refused.error().tag, "ERR_OUTBOX_FULL");
  EXPECT_TRUE(bus_->published.empty());
}

TEST_F(CloudOutletTest, OneAnswerWhenBothAreSafe) {
  ASSERT_TRUE(publish({"ps", "alarms/a", "1", "", {}}));
  EXPECT_EQ(port_.local_before, 0U);
  bus_->publish_errors = {{Code::kResourceExhausted, "bus full"}};
  const auto failed = publish({"ps", "alarms/a", "2", "", {}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().http, 500);
  EXPECT_THAT(failed.error().message,
              testing::HasSubstr("kept for the cloud, and not delivered on this hub: bus full"));
}

TEST_F(CloudOutletTest, DurabilityCloudWaitsForTheCloud) {
  const pubsub::Metadata wanted = {{"durability", "cloud"}};
  const auto reached = publish({"ps", "alarms/a", "1", "", wanted});
  ASSERT_TRUE(reached);
  EXPECT_EQ(*reached, Durability::kCloud);
  EXPECT_EQ(port_.local_before, 1U);
  port_.is_away = true;
  const TimePoint began = loop_.now();
  const auto late = publish({"ps", "alarms/a", "2", "", wanted});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().http, 504);
  EXPECT_EQ(late.error().tag, "ERR_CLOUD_NOT_REACHED");
  EXPECT_THAT(late.error().message, testing::HasSubstr("it stays in the outbox"));
  EXPECT_EQ(loop_.now() - began, CloudOutlet::kCloudLimit);
  EXPECT_EQ(port_.messages.size(), 2U);
}

TEST_F(CloudOutletTest, BulkMessagesAreKeptOneByOne) {
  BulkPublishRequest request{
      "ps",
      "alarms/a",
      {{"1", "1", "application/json", {}}, {"2", "2", "application/json", {}}},
      {}};
  const auto published =
      run(loop_, block_.publish_all(Ctx::background(), &app_, std::move(request)));
  ASSERT_TRUE(published);
  EXPECT_TRUE(published->failed.empty());
  EXPECT_EQ(published->durability, Durability::kCommitted);
  ASSERT_EQ(port_.messages.size(), 2U);
  EXPECT_EQ(port_.messages[0].body, "1");
  EXPECT_EQ(bus_->published.size(), 2U);
}

}  // namespace
}  // namespace edge::blocks
