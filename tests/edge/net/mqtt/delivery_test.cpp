// How messages reach handlers, and when they are acknowledged.
#include <set>

#include "tests/edge/net/mqtt/fixture.h"

namespace edge::mqtt::test {
namespace {

using namespace std::chrono_literals;

const Error kFailed{Code::kInternal, "the handler failed"};

class MqttDelivery : public testing::Test {
 protected:
  ClientOptions client(const std::string& id) { return client_options(server_.port(), id); }

  UvLoop loop_;
  Mosquitto server_;
  Source source_{loop_, publisher_options(server_.port(), "source")};
};

TEST_F(MqttDelivery, WildcardsMatch) {
  Sink one(loop_, client("one"));
  Sink any(loop_, client("any"));
  ASSERT_TRUE(one.add("s/+/temp"));
  ASSERT_TRUE(any.add("s/#"));
  for (const char* topic : {"s/1/temp", "s/2/temp", "s/2/hum", "x/1/temp"}) {
    ASSERT_TRUE(source_.publish({.topic = topic, .payload = topic}));
  }
  ASSERT_TRUE(wait_until(loop_, [&] { return any.received().size() == 3; }));
  ASSERT_TRUE(wait_until(loop_, [&] { return one.received().size() == 2; }));
  EXPECT_EQ(one.payloads(), (std::vector<std::string>{"s/1/temp", "s/2/temp"}));
}

TEST_F(MqttDelivery, TopicsOfOneClientGoToTheirOwnHandlers) {
  Sink sink(loop_, client("sink"));
  std::vector<std::string> a;
  std::vector<std::string> b;
  ASSERT_TRUE(sink.add("a", [&](const Incoming& m) { return a.push_back(m.payload), Status(); }));
  ASSERT_TRUE(sink.add("b", [&](const Incoming& m) { return b.push_back(m.payload), Status(); }));
  ASSERT_TRUE(sink.add("b", [&](const Incoming& m) { return b.push_back(m.payload), Status(); }));
  ASSERT_TRUE(source_.publish({.topic = "a", .payload = "1"}));
  ASSERT_TRUE(source_.publish({.topic = "b", .payload = "2"}));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 3; }));
  EXPECT_EQ(a, std::vector<std::string>{"1"});
  EXPECT_EQ(b, (std::vector<std::string>{"2", "2"}));
}

TEST_F(MqttDelivery, ASharedSubscriptionDividesTheMessages) {
  constexpr std::size_t kCount = 40;
  Sink one(loop_, client("one"));
  Sink two(loop_, client("two"));
  ASSERT_TRUE(one.add("$share/group/jobs/+"));
  ASSERT_TRUE(two.add("$share/group/jobs/+"));
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(source_.publish({.topic = "jobs/x", .payload = std::to_string(i)}));
  }
  ASSERT_TRUE(
      wait_until(loop_, [&] { return one.received().size() + two.received().size() == kCount; }));
  std::set<std::string> all;
  for (const auto* sink : {&one, &two}) {
    EXPECT_FALSE(sink->received().empty());
    for (const auto& payload : sink->payloads()) all.insert(payload);
  }
  EXPECT_EQ(all.size(), kCount);
}

TEST_F(MqttDelivery, ARetainedMessageMeetsALateSubscriber) {
  ASSERT_TRUE(source_.publish({.topic = "r", .payload = "kept", .retain = Retain::kYes}));
  ASSERT_TRUE(source_.publish({.topic = "r", .payload = "gone"}));
  Sink sink(loop_, client("sink"));
  ASSERT_TRUE(sink.add("r"));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 1; }));
  EXPECT_EQ(sink.received()[0].payload, "kept");
  EXPECT_TRUE(sink.received()[0].retained);
  ASSERT_TRUE(source_.publish({.topic = "r", .payload = "live"}));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 2; }));
  EXPECT_FALSE(sink.received()[1].retained);
}

TEST_F(MqttDelivery, AFailedMessageComesAgainAndTheOthersGoOn) {
  Sink sink(loop_, client("sink"));
  int failures = 0;
  ASSERT_TRUE(sink.add("t", [&](const Incoming& message) -> Status {
    if (message.payload == "3" && failures++ < 3) return kFailed;
    return {};
  }));
  std::vector<std::string> sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(std::to_string(i));
    source_.start({.topic = "t", .payload = sent.back()});
  }
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 13; }));
  EXPECT_EQ(sink.count("3"), 4U);
  // Each for the first time: in order.
  std::vector<std::string> first;
  for (const auto& payload : sink.payloads()) {
    if (std::ranges::find(first, payload) == first.end()) first.push_back(payload);
  }
  EXPECT_EQ(first, sent);
}

TEST_F(MqttDelivery, AMessageThatAlwaysFailsBlocksNothing) {
  Sink sink(loop_, client("sink"));
  ASSERT_TRUE(sink.add("t", [&](const Incoming& message) -> Status {
    if (message.payload == "poison") return kFailed;
    return {};
  }));
  ASSERT_TRUE(source_.publish({.topic = "t", .payload = "poison"}));
  // Far more than the server sends without an acknowledgement.
  for (int i = 0; i < 200; ++i) source_.start({.topic = "t", .payload = std::to_string(i)});
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.count("199") == 1; }));
}

TEST_F(MqttDelivery, AFailedMessageOutlivesItsSubscriber) {
  {
    Sink sink(loop_, client("sink"));
    ASSERT_TRUE(sink.add("t", [](const Incoming&) -> Status { return kFailed; }));
    ASSERT_TRUE(source_.publish({.topic = "t", .payload = "x"}));
    ASSERT_TRUE(wait_until(loop_, [&] { return !sink.received().empty(); }));
  }
  Sink again(loop_, client("sink"));
  ASSERT_TRUE(again.add("t"));
  ASSERT_TRUE(wait_until(loop_, [&] { return again.received().size() == 1; }));
  EXPECT_EQ(again.received()[0].payload, "x");
}

TEST_F(MqttDelivery, ASlowHandlerDelaysNoOther) {
  Sink sink(loop_, client("sink"));
  Event release(loop_);
  std::vector<std::string> slow;
  auto wait = [](Event* event, std::vector<std::string>* out, Incoming message) -> Task<Status> {
    const Status waited = co_await event->wait(Ctx::background());
    out->push_back(std::move(message.payload));
    co_return waited;
  };
  ASSERT_TRUE(sink.add_task(
      "slow", [&](Ctx, Incoming message) { return wait(&release, &slow, std::move(message)); }));
  ASSERT_TRUE(sink.add("quick"));
  ASSERT_TRUE(source_.publish({.topic = "slow", .payload = "s"}));
  for (int i = 0; i < 100; ++i) source_.start({.topic = "quick", .payload = std::to_string(i)});
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 100; }));
  EXPECT_TRUE(slow.empty());
  release.set();
  ASSERT_TRUE(wait_until(loop_, [&] { return slow.size() == 1; }));
}

TEST_F(MqttDelivery, OverTheLimitReadingStopsAndTheConnectionStays) {
  SubscriberLimits limits = quick_limits();
  limits.max_bytes = 1000;
  auto options = client("sink");
  options.login.keepalive = 5s;
  Sink sink(loop_, options, limits);
  Event release(loop_);
  int calls = 0;
  auto wait = [](Event* event, int* count) -> Task<Status> {
    ++*count;
    co_return co_await event->wait(Ctx::background());
  };
  ASSERT_TRUE(sink.add_task("t", [&](Ctx, const Incoming&) { return wait(&release, &calls); }));
  for (int i = 0; i < 10; ++i) source_.start({.topic = "t", .payload = std::string(600, 'x')});
  // Longer than the server waits for a ping.
  ASSERT_FALSE(wait_until(loop_, [&] { return !sink.subscriber().is_connected(); }, 8s));
  EXPECT_EQ(calls, 1);
  release.set();
  ASSERT_TRUE(wait_until(loop_, [&] { return calls == 10; }));
}

TEST_F(MqttDelivery, AMessageOverTheLimitIsDroppedAndTheRestGoesOn) {
  auto options = client("sink");
  options.max_packet_bytes = 10'000;
  Sink sink(loop_, options);
  ASSERT_TRUE(sink.add("t"));
  ASSERT_TRUE(source_.publish({.topic = "t", .payload = std::string(1'000'000, 'x')}));
  ASSERT_TRUE(source_.publish({.topic = "t", .payload = "small"}));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 1; }));
  EXPECT_EQ(sink.received()[0].payload, "small");
}

TEST_F(MqttDelivery, MessagesWaitForTheSubscriptionOfAKeptSession) {
  {
    Sink sink(loop_, client("sink"));
    ASSERT_TRUE(sink.add("a"));
    ASSERT_TRUE(sink.add("b"));
  }
  for (const char* topic : {"a", "b"}) {
    ASSERT_TRUE(source_.publish({.topic = topic, .payload = topic}));
  }
  Sink sink(loop_, client("sink"));
  ASSERT_TRUE(sink.add("a"));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 1; }));
  // The server has sent both by now; the second one waits here.
  ASSERT_TRUE(sink.add("b"));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 2; }));
  EXPECT_EQ(sink.payloads(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(MqttDelivery, WhatNobodySubscribesToAnyMoreIsDroppedAfterAWhile) {
  {
    Sink sink(loop_, client("sink"));
    ASSERT_TRUE(sink.add("a"));
    ASSERT_TRUE(sink.add("old"));
  }
  // More than the server's window: unacknowledged they would keep "a" out.
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(source_.publish({.topic = "old", .payload = "x"}));
  ASSERT_TRUE(source_.publish({.topic = "a", .payload = "last"}));
  SubscriberLimits limits = quick_limits();
  limits.grace = 200ms;
  Sink sink(loop_, client("sink"), limits);
  ASSERT_TRUE(sink.add("a"));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 1; }));
}

TEST_F(MqttDelivery, OneSubscriptionEndsAndTheOtherGoesOn) {
  Sink sink(loop_, client("sink"));
  auto a = sink.add("a");
  ASSERT_TRUE(a);
  ASSERT_TRUE(sink.add("b"));
  sink.forget(*a, OnRemoval::kUnsubscribe);
  ASSERT_TRUE(source_.publish({.topic = "a", .payload = "1"}));
  ASSERT_TRUE(source_.publish({.topic = "b", .payload = "2"}));
  ASSERT_TRUE(wait_until(loop_, [&] { return sink.received().size() == 1; }));
  EXPECT_EQ(sink.received()[0].payload, "2");
}

// mosquitto itself grants every subscription that is one, so only this much can be seen of it.
TEST_F(MqttDelivery, AFilterThatIsNoneIsRefused) {
  Sink sink(loop_, client("sink"));
  const auto added = sink.add("bad/#/filter");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(sink.subscriber().is_empty());
}

}  // namespace
}  // namespace edge::mqtt::test
