#include "edge/blocks/pubsub/topic_consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

using pubsub::Attempt;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kEvent = R"({"id":"1","type":"a","data":{"n":1}})";

class Consuming : public testing::Test {
 protected:
  Consuming() {
    log::capture([](std::string_view) {});
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    block_.add({.name = "ps", .bus = std::move(bus), .topics = {}});
    text.pubsub = "ps";
    text.topic = "t";
    text.default_path = "/p";
  }
  ~Consuming() override {
    if (consumer_) run(loop_, consumer_->close());
    consumer_.reset();
    run(loop_, block_.close());
    log::capture(nullptr);
  }

  void open() {
    const ConsumerOwner owner{loop_, app_, channel, deliveries};
    consumer_ = std::make_unique<TopicConsumer>(owner, block_.hold(app_, "ps"),
                                                *TopicSubscription::build(text));
    ASSERT_TRUE(run(loop_, consumer_->open(Ctx::background())));
  }
  Task<Status> handled(std::string data, Attempt attempt = Attempt::kLast) {
    return bus_->opened.back()->handler(Ctx::background(),
                                        {"t", std::move(data), metadata, attempt});
  }
  // "ok", or what went wrong.
  std::string deliver(std::string data, Attempt attempt = Attempt::kLast) {
    if (!consumer_) open();
    const auto done = run(loop_, handled(std::move(data), attempt));
    return done ? "ok" : done.error().message;
  }
  std::vector<std::string> dead_letters() const {
    std::vector<std::string> all;
    for (const auto& publication : bus_->published) {
      all.push_back(publication.topic + " " + publication.data);
    }
    return all;
  }

  SimLoop loop_;
  SubscriptionText text;
  FakeSubscriberChannel channel{loop_};
  CancelScope deliveries;
  pubsub::Metadata metadata;

 private:
  PubsubBlock block_{loop_};
  App app_{loop_, {.id = "shop"}, nullptr};
  FakeBus* bus_ = nullptr;

 protected:
  std::unique_ptr<TopicConsumer> consumer_;
  FakeBus& bus() { return *bus_; }
};

TEST_F(Consuming, TheAppGetsTheBytesAsTheyCame) {
  EXPECT_EQ(deliver(kEvent), "ok");
  EXPECT_THAT(channel.paths, ElementsAre("/p"));
  EXPECT_THAT(channel.bodies, ElementsAre(kEvent));
  EXPECT_THAT(bus().published, IsEmpty());
}

TEST_F(Consuming, RetryGoesBackToTheBus) {
  channel.outcomes = {{Verdict::kRetry, "busy", 500}};
  EXPECT_EQ(deliver(kEvent), "app shop, topic t of pubsub ps: busy");
}

TEST_F(Consuming, RetryGoesToTheDeadLettersAtTheLastAttemptOnly) {
  text.dead_letter_topic = "dlq";
  channel.outcomes = {{Verdict::kRetry, "busy", 500}, {Verdict::kRetry, "busy", 500}};
  metadata = {{"key", "k"}};
  EXPECT_EQ(deliver(kEvent, Attempt::kRepeatable), "app shop, topic t of pubsub ps: busy");
  EXPECT_THAT(dead_letters(), IsEmpty());
  EXPECT_EQ(deliver(kEvent, Attempt::kLast), "ok");
  EXPECT_THAT(dead_letters(), ElementsAre("dlq " + std::string(kEvent)));
  EXPECT_EQ(bus().published[0].metadata.at("key"), "k");
}

TEST_F(Consuming, DropIsDone) {
  channel.outcomes = {{Verdict::kDrop, "404", 404}};
  EXPECT_EQ(deliver(kEvent, Attempt::kRepeatable), "ok");
  EXPECT_THAT(dead_letters(), IsEmpty());
}

TEST_F(Consuming, DropGoesToTheDeadLettersAtOnce) {
  text.dead_letter_topic = "dlq";
  channel.outcomes = {{Verdict::kDrop, "404", 404}};
  EXPECT_EQ(deliver(kEvent, Attempt::kRepeatable), "ok");
  EXPECT_EQ(dead_letters().size(), 1U);
}

TEST_F(Consuming, NothingIsLostWhereTheDeadLettersFail) {
  text.dead_letter_topic = "dlq";
  channel.outcomes = {{Verdict::kDrop, "404", 404}};
  bus().publish_errors = {{Code::kResourceExhausted, "full"}};
  EXPECT_EQ(deliver(kEvent),
            "app shop, topic t of pubsub ps: 404; and publishing to the dead letter topic dlq "
            "failed: full");
}

TEST_F(Consuming, WhatIsNoEventIsNotDelivered) {
  EXPECT_EQ(deliver("[1]", Attempt::kRepeatable),
            "app shop, topic t of pubsub ps: the message is no CloudEvent: expected an object");
  EXPECT_THAT(channel.paths, IsEmpty());
}

TEST_F(Consuming, WhatIsNoEventGoesToTheDeadLettersAtOnce) {
  text.dead_letter_topic = "dlq";
  EXPECT_EQ(deliver("no json", Attempt::kRepeatable), "ok");
  EXPECT_THAT(dead_letters(), ElementsAre("dlq no json"));
}

TEST_F(Consuming, ExpiredMessagesAreDropped) {
  text.dead_letter_topic = "dlq";
  EXPECT_EQ(deliver(R"({"expiration":"2020-01-01T00:00:00Z"})"), "ok");
  EXPECT_THAT(channel.paths, IsEmpty());
  EXPECT_EQ(dead_letters().size(), 1U);
  EXPECT_EQ(deliver(R"({"expiration":"2120-01-01T00:00:00Z"})"), "ok");
  EXPECT_EQ(channel.paths.size(), 1U);
}

TEST_F(Consuming, RulesChooseThePath) {
  text.rules = {{"event.data.n > 1", "/many"}};
  EXPECT_EQ(deliver(kEvent), "ok");
  EXPECT_EQ(deliver(R"({"data":{"n":2}})"), "ok");
  EXPECT_THAT(channel.paths, ElementsAre("/p", "/many"));
  EXPECT_EQ(deliver(R"({"data":1})"),
            "app shop, topic t of pubsub ps: rule 'event.data.n > 1': column 12: no such overload: "
            "field or index");
}

TEST_F(Consuming, WithoutARouteAMessageIsDone) {
  text.rules = {{"event.type == 'x'", "/x"}};
  text.default_path.reset();
  text.dead_letter_topic = "dlq";
  EXPECT_EQ(deliver(kEvent), "ok");
  EXPECT_THAT(channel.paths, IsEmpty());
  EXPECT_EQ(dead_letters().size(), 1U);
}

TEST_F(Consuming, RawMessagesAreWrapped) {
  text.metadata = {{"rawPayload", "true"}};
  metadata = {{"traceid", "00-x"}};
  EXPECT_EQ(deliver("\xff"), "ok");
  const auto event = nlohmann::json::parse(channel.bodies[0]);
  EXPECT_EQ(event["data_base64"], "/w==");
  EXPECT_EQ(event["datacontenttype"], "application/octet-stream");
  EXPECT_EQ(event["source"], "Dapr");
  EXPECT_EQ(event["topic"], "t");
  EXPECT_EQ(event["pubsubname"], "ps");
  EXPECT_EQ(event["traceparent"], "00-x");
}

TEST_F(Consuming, AttributesBesideTheDataMakeAnEvent) {
  metadata = {{"content-type", "application/octet-stream"}, {"ce_Type", "x"}, {"other", "y"}};
  EXPECT_EQ(deliver("ab"), "ok");
  EXPECT_EQ(channel.bodies[0], R"({"data_base64":"YWI=","type":"x"})");
}

TEST_F(Consuming, WhatIsAtTheAppIsCancelledInTheEnd) {
  open();
  channel.hangs = true;
  TaskGroup group(loop_, "test");
  Status result;
  const auto keep = [](Task<Status> task, Status* out) -> Task<void> {
    auto done = co_await task;
    *out = std::move(done);
  };
  group.spawn(keep(handled(kEvent), &result));
  deliveries.cancel();
  run(loop_, group.wait());
  EXPECT_EQ(result.error().message, "app shop, topic t of pubsub ps: cancelled");
  run(loop_, group.close());
}

class ConsumingInBulk : public Consuming {
 protected:
  void start(std::string data) {
    results_.emplace_back();
    const auto keep = [](Task<Status> task, std::string* out) -> Task<void> {
      auto done = co_await task;
      *out = done ? "ok" : done.error().message;
    };
    group_.spawn(keep(handled(std::move(data)), &results_.back()));
  }
  std::vector<std::string> results() {
    run(loop_, group_.wait());
    return {results_.begin(), results_.end()};
  }
  ~ConsumingInBulk() override { run(loop_, group_.close()); }

 private:
  std::deque<std::string> results_;
  TaskGroup group_{loop_, "test"};
};

TEST_F(ConsumingInBulk, GoesOutWhenThereAreEnough) {
  text.bulk = {true, 2, std::chrono::seconds(10)};
  open();
  EXPECT_EQ(bus().opened[0]->request.metadata.at("maxBulkSubCount"), "2");
  channel.outcomes = {{Verdict::kRetry, "later", 0}};
  const TimePoint began = loop_.now();
  for (int i = 0; i < 4; ++i) start(kEvent);
  EXPECT_THAT(results(), ElementsAre("app shop, topic t of pubsub ps: later", "ok", "ok", "ok"));
  EXPECT_THAT(channel.batches, ElementsAre(2, 2));
  EXPECT_EQ(loop_.now(), began);
}

TEST_F(ConsumingInBulk, GoesOutWhenTheFirstHasWaited) {
  text.bulk = {true, 10, std::chrono::milliseconds(500)};
  open();
  const TimePoint began = loop_.now();
  for (int i = 0; i < 3; ++i) start(kEvent);
  EXPECT_THAT(results(), ElementsAre("ok", "ok", "ok"));
  EXPECT_THAT(channel.batches, ElementsAre(3));
  EXPECT_EQ(loop_.now() - began, std::chrono::milliseconds(500));
}

TEST_F(ConsumingInBulk, RoutesAreApart) {
  text.bulk = {true, 3, std::chrono::seconds(1)};
  text.rules = {{"event.n == 1", "/one"}};
  text.dead_letter_topic = "dlq";
  open();
  start(R"({"n":1})");
  start(R"({"n":2})");
  start("not json");
  start(R"({"n":1})");
  EXPECT_THAT(results(), ElementsAre("ok", "ok", "ok", "ok"));
  EXPECT_THAT(channel.paths, ElementsAre("/one", "/p"));
  EXPECT_THAT(dead_letters(), ElementsAre("dlq not json"));
}

TEST_F(ConsumingInBulk, RawMessagesGoAsBytes) {
  text.bulk = {true, 1, std::chrono::seconds(1)};
  text.metadata = {{"rawPayload", "true"}};
  open();
  start("bytes");
  EXPECT_THAT(results(), ElementsAre("ok"));
  EXPECT_THAT(channel.bodies, ElementsAre("bytes"));
}

}  // namespace
}  // namespace edge::blocks
