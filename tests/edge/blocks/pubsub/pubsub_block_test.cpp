#include "edge/blocks/pubsub/pubsub_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

using testing::ElementsAre;

class Pubsub : public testing::Test {
 protected:
  Pubsub() {
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    block_.add({.name = "ps",
                .bus = std::move(bus),
                .topics = TopicScopes::parse({{"publishingScopes", "blocked="}})});
  }

  ApiResult<pubsub::Durability> publish(PublishRequest request) {
    return run(loop_, block_.publish(Ctx::background(), &app_, std::move(request)));
  }
  ApiResult<BulkPublished> publish_all(BulkPublishRequest request) {
    return run(loop_, block_.publish_all(Ctx::background(), &app_, std::move(request)));
  }

  SimLoop loop_;
  PubsubBlock block_{loop_};
  FakeBus* bus_ = nullptr;
  App app_{loop_, {.id = "shop"}, nullptr};
};

TEST_F(Pubsub, ChecksInDaprdsOrder) {
  const auto tag = [this](const char* name, const char* topic, const pubsub::Metadata& metadata) {
    const auto checked = block_.check(app_, name, topic, metadata);
    return checked ? "" : checked.error().tag + ": " + checked.error().message;
  };
  EXPECT_EQ(tag("ps", "t", {}), "");
  EXPECT_EQ(tag("", "", {}), "ERR_PUBSUB_EMPTY: pubsub name is empty");
  EXPECT_EQ(tag("x", "", {}), "ERR_PUBSUB_NOT_FOUND: pubsub x is not found");
  EXPECT_EQ(tag("ps", "", {}), "ERR_TOPIC_NAME_EMPTY: topic is empty in pubsub ps");
  EXPECT_EQ(tag("ps", "t", {{"rawPayload", "x"}}),
            "ERR_PUBSUB_REQUEST_METADATA: failed deserializing metadata. Error: rawPayload value "
            "must be a valid boolean: actual is 'x'");
  EXPECT_EQ(tag("ps", "t", {{"durability", "x"}}),
            "ERR_PUBSUB_REQUEST_METADATA: failed deserializing metadata. Error: durability value "
            "must be memory, committed or cloud: actual is 'x'");
}

TEST_F(Pubsub, PublishesTheEnvelopeWithItsMetadata) {
  const auto reached = publish({"ps", "t", "hi", "text/plain", {{"retain", "true"}}});
  ASSERT_TRUE(reached);
  EXPECT_EQ(*reached, pubsub::Durability::kMemory);
  ASSERT_EQ(bus_->published.size(), 1U);
  const pubsub::Publication& sent = bus_->published[0];
  EXPECT_EQ(sent.app_id, "shop");
  EXPECT_EQ(sent.topic, "t");
  EXPECT_EQ(sent.metadata.at("retain"), "true");
  EXPECT_EQ(nlohmann::json::parse(sent.data)["data"], "hi");
}

TEST_F(Pubsub, RawDataGoesAsItIs) {
  ASSERT_TRUE(publish({"ps", "t", "hi", "", {{"rawPayload", "T"}}}));
  EXPECT_EQ(bus_->published[0].data, "hi");
}

TEST_F(Pubsub, TellsWhatWentWrong) {
  EXPECT_EQ(publish({"gone", "t", "", "", {}}).error().message, "pubsub 'gone' not found");
  EXPECT_EQ(publish({"ps", "t", "1", "application/cloudevents+json", {}}).error().message,
            "cannot create cloudevent");
  bus_->publish_errors = {{Code::kUnavailable, "no server"}};
  const auto failed = publish({"ps", "t", "", "", {}});
  EXPECT_EQ(failed.error().http, 500);
  EXPECT_EQ(failed.error().message, "error when publishing to topic t in pubsub ps: no server");
  App blocked(loop_, {.id = "blocked"}, nullptr);
  const auto denied =
      run(loop_, block_.publish(Ctx::background(), &blocked, {"ps", "t", "", "", {}}));
  EXPECT_EQ(denied.error().http, 403);
  EXPECT_EQ(denied.error().message, "topic t is not allowed for app id blocked");
}

TEST_F(Pubsub, AMessageThatReachedLessThanAskedForIsAnError) {
  const auto less = publish({"ps", "t", "", "", {{"durability", "committed"}}});
  ASSERT_FALSE(less);
  EXPECT_EQ(less.error().message,
            "error when publishing to topic t in pubsub ps: the message was published, but has "
            "reached memory only, and durability=committed was asked for; use a component that "
            "reaches it");
  bus_->durability = pubsub::Durability::kCloud;
  EXPECT_TRUE(publish({"ps", "t", "", "", {{"durability", "committed"}}}));
}

TEST_F(Pubsub, BulkEntriesFailForThemselves) {
  bus_->publish_errors = {{Code::kUnavailable, "full"}};
  BulkPublishRequest request{"ps", "t", {}, {}};
  for (const char* id : {"1", "2", "3"}) request.entries.push_back({id, "x", "text/plain", {}});
  const auto published = publish_all(std::move(request));
  ASSERT_TRUE(published);
  ASSERT_EQ(published->failed.size(), 1U);
  EXPECT_EQ(published->failed[0].entry_id, "1");
  EXPECT_EQ(published->failed[0].error, "full");
  EXPECT_EQ(published->durability, pubsub::Durability::kMemory);
  EXPECT_EQ(bus_->published.size(), 2U);
}

TEST_F(Pubsub, TopicsCarryTheNamespaceWhereAsked) {
  auto bus = std::make_unique<FakeBus>();
  FakeBus* named = bus.get();
  block_.add({.name = "ns", .bus = std::move(bus), .topics = {}, .namespaced = true});
  ASSERT_TRUE(publish({"ns", "t", "", "", {}}));
  EXPECT_EQ(named->published[0].topic, "defaultt");
}

TEST_F(Pubsub, ScopedComponentsAreSeenByTheirAppsOnly) {
  block_.add({.name = "mine", .bus = std::make_unique<FakeBus>(), .topics = {}, .scopes = {"x"}});
  EXPECT_THAT(block_.names_for(app_), ElementsAre("ps"));
  EXPECT_FALSE(block_.check(app_, "mine", "t", {}));
}

TEST_F(Pubsub, RemovalWaitsForThoseWhoHoldTheBus) {
  TaskGroup group(loop_, "test");
  BusHold hold = block_.hold(app_, "ps");
  bool removed = false;
  const auto remove = [](PubsubBlock* block, bool* done) -> Task<void> {
    co_await block->remove("ps");
    *done = true;
  };
  group.spawn(remove(&block_, &removed));
  loop_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(hold.is_leaving());
  EXPECT_FALSE(removed);
  EXPECT_FALSE(block_.hold(app_, "ps"));
  hold.release();
  run(loop_, group.wait());
  EXPECT_TRUE(removed);
  run(loop_, group.close());
}

}  // namespace
}  // namespace edge::blocks
