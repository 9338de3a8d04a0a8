// The sync engine with a real broker that goes away and comes back.
#include "sync/run/mqtt_uplink.h"

#include <map>
#include <set>

#include "tests/edge/net/mqtt/fixture.h"
#include "tests/sync/run/fixture.h"

namespace edge::sync {
namespace {

using mqtt::test::kLimit;
using mqtt::test::Mosquitto;
using mqtt::test::Proxy;
using mqtt::test::Sink;
using test::event;
using test::RunningHub;

EngineOptions quick() {
  EngineOptions options;
  options.link.backoff_base = std::chrono::milliseconds(50);
  options.link.backoff_cap = std::chrono::milliseconds(200);
  options.outbox.drain = {.per_second = 0, .burst = 64};
  return options;
}

// A hub with its uplink to a port.
struct Hub {
  Hub(UvLoop& loop, std::uint16_t port, const std::string& path,
      const EngineOptions& options = quick())
      : uplink(loop, {.server = {.host = "127.0.0.1", .port = port},
                      .login = {.client_id = test::kHub,
                                .keepalive = std::chrono::seconds(10),
                                .version = mqtt::Version::k5}}),
        running(loop, uplink, path, options) {}
  void publish(int first, int last) {
    for (int i = first; i <= last; ++i) running.publish_later(event(std::to_string(i)));
    const auto count = static_cast<std::size_t>(last) - static_cast<std::size_t>(first) + 1;
    ASSERT_TRUE(running.wait_until(
        [&, before = running.accepted()] { return running.accepted() >= before + count; }, kLimit));
  }
  bool wait_until(const std::function<bool()>& condition) {
    return running.wait_until(condition, kLimit);
  }

  MqttUplink uplink;
  RunningHub running;
};

class SyncMqttUplink : public testing::Test {
 protected:
  // How often each body came, and whether they came in order for the first time.
  struct Arrived {
    std::map<int, int> times;
    bool in_order = true;
    [[nodiscard]] std::size_t doubles() const {
      std::size_t more = 0;
      for (const auto& [body, count] : times) more += static_cast<std::size_t>(count - 1);
      return more;
    }
  };
  static Arrived arrived(const Sink& sink) {
    Arrived all;
    std::map<std::string, int> ids;
    int last = 0;
    for (const auto& message : sink.received()) {
      if (!message.topic.starts_with("e1/u/")) continue;
      const auto one = nlohmann::json::parse(message.payload);
      const int body = one["data"].get<int>();
      ids[one["id"].get<std::string>()] = body;
      if (++all.times[body] > 1) continue;
      all.in_order = all.in_order && body == last + 1;
      last = body;
    }
    EXPECT_EQ(ids.size(), all.times.size());
    return all;
  }
  static std::vector<nlohmann::json> at_topic(const Sink& sink, const std::string& topic) {
    std::vector<nlohmann::json> all;
    for (const auto& message : sink.received()) {
      if (message.topic == topic) all.push_back(nlohmann::json::parse(message.payload));
    }
    return all;
  }

  edge::test::TempDir dir_;
  std::string path_ = dir_.file("queue.db");
  UvLoop loop_;
};

TEST_F(SyncMqttUplink, AThousandMessagesThatWaitedAreDrainedOnceEach) {
  constexpr int kCount = 1000;
  Mosquitto server;
  server.kill();
  {
    Hub hub(loop_, server.port(), path_);
    hub.publish(1, kCount);
    EXPECT_FALSE(hub.running.runner().status().online);
    EXPECT_NE(hub.uplink.last_error(), "");
  }
  server.start();
  Sink sink(loop_, mqtt::test::client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("#"));
  Hub hub(loop_, server.port(), path_);
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.is_empty(); }));
  ASSERT_TRUE(hub.wait_until([&] { return arrived(sink).times.size() == kCount; }));
  EXPECT_EQ(arrived(sink).doubles(), 0U);
  EXPECT_TRUE(arrived(sink).in_order);
  EXPECT_EQ(hub.uplink.last_error(), "");
}

TEST_F(SyncMqttUplink, WhatABrokerDidNotDoInTimeIsSaid) {
  const Mosquitto server;
  Proxy proxy(loop_, server.port());
  EngineOptions options = quick();
  options.link.ack_limit = options.link.connect_limit = std::chrono::milliseconds(300);
  Hub hub(loop_, proxy.port(), path_, options);
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.runner().status().online; }));
  proxy.hush();
  hub.publish(1, 1);
  const auto says = [&](const std::string& error) {
    return hub.wait_until([&] { return hub.uplink.last_error() == error; });
  };
  EXPECT_TRUE(says("the broker did not acknowledge a message in 300ms"));
  EXPECT_TRUE(says("the broker did not take the connection in 300ms")) << hub.uplink.last_error();
}

TEST_F(SyncMqttUplink, ABrokerThatRestartsMeanwhileLosesNothing) {
  constexpr int kCount = 1000;
  constexpr int kRestarts = 3;
  Mosquitto server(Mosquitto::kPersistent);
  Sink sink(loop_, mqtt::test::client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("#"));
  Hub hub(loop_, server.port(), path_);
  for (int i = 0; i < kRestarts; ++i) {
    hub.publish(i * kCount / 4 + 1, (i + 1) * kCount / 4);
    server.stop();
    server.start();
  }
  hub.publish(kCount * 3 / 4 + 1, kCount);
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.is_empty(); }));
  ASSERT_TRUE(hub.wait_until([&] { return arrived(sink).times.size() == kCount; }));
  // What was on its way both to the broker and from it.
  EXPECT_LE(arrived(sink).doubles(), std::size_t{kRestarts} * 40);
  EXPECT_TRUE(arrived(sink).in_order);
}

TEST_F(SyncMqttUplink, ConnectionsThatAreCutLoseNothing) {
  constexpr int kCount = 1000;
  const Mosquitto server;
  Proxy proxy(loop_, server.port());
  Sink sink(loop_, mqtt::test::client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("#"));
  Hub hub(loop_, proxy.port(), path_);
  for (int i = 0; i < 10; ++i) {
    hub.publish(i * kCount / 10 + 1, (i + 1) * kCount / 10);
    ASSERT_TRUE(hub.wait_until([&] { return hub.running.runner().status().online; }));
    proxy.cut();
  }
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.is_empty(); }));
  ASSERT_TRUE(hub.wait_until([&] { return arrived(sink).times.size() == kCount; }));
  EXPECT_TRUE(arrived(sink).in_order);
  EXPECT_GE(proxy.accepted(), 10);
  const auto said = at_topic(sink, "e1/s/hub1");
  const bool was_missed =
      std::ranges::any_of(said, [](const auto& one) { return one["st"] == "off"; });
  EXPECT_TRUE(was_missed) << "the broker tells that the hub has gone";
}

TEST_F(SyncMqttUplink, ACommandWaitsForTheHubAndIsExecutedOnce) {
  const Mosquitto server;
  Sink sink(loop_, mqtt::test::client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("#"));
  mqtt::test::Source cloud(loop_, mqtt::test::publisher_options(server.port(), "cloud"));
  const mqtt::Outgoing command{
      .topic = "e1/d/hub1",
      .payload = R"({"id":"c-1","source":"/cloud","replyto":"e1/a/hub1","data":{}})"};
  {
    Hub hub(loop_, server.port(), path_);
    ASSERT_TRUE(hub.wait_until([&] { return hub.running.runner().status().online; }));
  }
  ASSERT_TRUE(mqtt::test::wait_until(loop_, [&] {
    const auto said = at_topic(sink, "e1/s/hub1");
    return !said.empty() && said.back()["st"] == "off";
  })) << at_topic(sink, "e1/s/hub1").size();
  ASSERT_TRUE(cloud.publish(command));
  Hub hub(loop_, server.port(), path_);
  ASSERT_TRUE(hub.wait_until([&] { return at_topic(sink, "e1/a/hub1").size() == 1; }));
  ASSERT_TRUE(cloud.publish(command));
  ASSERT_TRUE(hub.wait_until([&] { return at_topic(sink, "e1/a/hub1").size() == 2; }));
  EXPECT_EQ(hub.running.hub().executed.size(), 1U);
  const auto replies = at_topic(sink, "e1/a/hub1");
  EXPECT_EQ(replies[0]["correlationid"], "c-1");
  EXPECT_EQ(replies[0]["data"]["status"], "ok");
  EXPECT_EQ(replies[1]["data"], replies[0]["data"]);
}

TEST_F(SyncMqttUplink, TheLaneIsLearntFromARetainedAssignment) {
  const Mosquitto server;
  Sink sink(loop_, mqtt::test::client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("#"));
  mqtt::test::Source cloud(loop_, mqtt::test::publisher_options(server.port(), "cloud"));
  ASSERT_TRUE(cloud.publish({.topic = "e1/l/hub1",
                             .payload = R"({"lane":"gray1","gen":7})",
                             .retain = mqtt::Retain::kYes}));
  Hub hub(loop_, server.port(), path_);
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.runner().status().lane.id == "gray1"; }));
  hub.publish(1, 1);
  ASSERT_TRUE(hub.wait_until([&] { return at_topic(sink, "gray1/e1/u/hub1/power").size() == 1; }));
  ASSERT_TRUE(cloud.publish(
      {.topic = "gray1/e1/d/hub1", .payload = R"({"id":"c","source":"s","lanegen":7})"}));
  ASSERT_TRUE(hub.wait_until([&] { return hub.running.hub().executed.size() == 1; }));
}

}  // namespace
}  // namespace edge::sync
