// What survives when connections, servers and subscribers end without warning.
#include <csignal>
#include <fcntl.h>
#include <map>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/edge/net/mqtt/fixture.h"
#include "tests/support/process.h"

namespace edge::mqtt::test {
namespace {

using namespace std::chrono_literals;

// How many of the answered messages have not arrived.
std::size_t lost(const Source& source, const Sink& sink) {
  std::map<std::string, int> arrived;
  for (const auto& payload : sink.payloads()) ++arrived[payload];
  return static_cast<std::size_t>(std::ranges::count_if(
      source.answered(), [&](const auto& payload) { return arrived[payload] == 0; }));
}

bool wait_for_all(UvLoop& loop, const Source& source, const Sink& sink, std::size_t count) {
  return wait_until(loop, [&] { return source.ended() == count && lost(source, sink) == 0; });
}

TEST(MqttOutage, CutConnectionsLoseNothing) {
  constexpr int kRounds = 30;
  constexpr int kBatch = 50;
  UvLoop loop;
  const Mosquitto server;
  Proxy proxy(loop, server.port());
  Sink sink(loop, client_options(proxy.port(), "sink"));
  ASSERT_TRUE(sink.add("t", [](const Incoming& message) -> Status {
    if (message.payload.ends_with("7")) return Error{Code::kInternal, "not this time"};
    return {};
  }));
  Source source(loop, publisher_options(proxy.port(), "source"));
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kBatch; ++i) {
      source.start({.topic = "t", .payload = std::to_string(round * kBatch + i) + "m"});
    }
    // In the middle of the batch.
    const std::size_t half = source.ended() + kBatch / 2;
    ASSERT_TRUE(wait_until(loop, [&] { return source.ended() >= half; }));
    proxy.cut();
  }
  EXPECT_TRUE(wait_for_all(loop, source, sink, std::size_t{kRounds} * kBatch));
  EXPECT_EQ(source.failed().size(), 0U);
  EXPECT_GT(proxy.accepted(), kRounds);
}

TEST(MqttOutage, ARestartOfTheServerLosesNothing) {
  constexpr int kRounds = 8;
  constexpr int kBatch = 100;
  UvLoop loop;
  Mosquitto server(Mosquitto::kPersistent);
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("t"));
  Source source(loop, publisher_options(server.port(), "source"));
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kBatch; ++i) {
      source.start({.topic = "t", .payload = std::to_string(round * kBatch + i)});
    }
    const std::size_t half = source.ended() + kBatch / 2;
    ASSERT_TRUE(wait_until(loop, [&] { return source.ended() >= half; }));
    server.stop();
    server.start();
  }
  EXPECT_TRUE(wait_for_all(loop, source, sink, std::size_t{kRounds} * kBatch));
  EXPECT_EQ(source.failed().size(), 0U);
}

// The subscription of a new session may be made after the first one.
void publish_until_it_arrives(UvLoop& loop, Source& source, const Sink& sink,
                              const std::string& payload) {
  for (int tries = 0; tries < 100 && sink.count(payload) == 0; ++tries) {
    EXPECT_TRUE(source.publish({.topic = "t", .payload = payload}));
    wait_until(loop, [&] { return sink.count(payload) > 0; }, 100ms);
  }
}

// mosquitto acknowledges before it has written to its disk, so a killed one may lose what it has
// answered for; both clients are back each time, and what is published then arrives.
TEST(MqttOutage, AKilledServerIsMetAgain) {
  constexpr int kRounds = 10;
  UvLoop loop;
  Mosquitto server(Mosquitto::kPersistent);
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("t"));
  Source source(loop, publisher_options(server.port(), "source"));
  for (int round = 0; round < kRounds; ++round) {
    server.kill();
    ASSERT_TRUE(wait_until(loop, [&] { return !sink.subscriber().is_connected(); }));
    server.start();
    ASSERT_TRUE(wait_until(loop, [&] { return sink.subscriber().is_connected(); }));
    const std::string last = "round " + std::to_string(round);
    publish_until_it_arrives(loop, source, sink, last);
    ASSERT_GT(sink.count(last), 0U) << round;
  }
}

TEST(MqttOutage, WithoutItsSessionTheServerStillGetsWhatWasHeldDelivered) {
  UvLoop loop;
  Mosquitto server;
  Sink sink(loop, client_options(server.port(), "sink"));
  bool works = false;
  ASSERT_TRUE(sink.add("t", [&](const Incoming&) -> Status {
    if (!works) return Error{Code::kInternal, "not yet"};
    return {};
  }));
  {
    Source source(loop, publisher_options(server.port(), "source"));
    for (const char* payload : {"a", "b", "c"}) {
      ASSERT_TRUE(source.publish({.topic = "t", .payload = payload}));
    }
    ASSERT_TRUE(wait_until(loop, [&] { return sink.count("c") > 0; }));
  }
  server.kill();
  server.start();
  works = true;
  const auto before = sink.received().size();
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() >= before + 3; }));
  std::vector<std::string> after;
  for (std::size_t i = before; i < sink.received().size(); ++i) {
    after.push_back(sink.received()[i].payload);
  }
  for (const char* payload : {"a", "b", "c"}) EXPECT_EQ(std::ranges::count(after, payload), 1);
}

TEST(MqttOutage, ASubscriberThatIsKilledInItsHandlerLosesNothing) {
  UvLoop loop;
  const Mosquitto server;
  Source source(loop, publisher_options(server.port(), "source"));
  const std::vector<std::string> command = {CRASHING_SUBSCRIBER, std::to_string(server.port()),
                                            "sink", "t"};
  {
    edge::test::Process crashing(command);
    crashing.wait_for("subscribed");
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(source.publish({.topic = "t", .payload = std::to_string(i)}));
    }
    crashing.wait_for("got 0");
    EXPECT_EQ(crashing.wait(), -SIGKILL);
  }
  for (int round = 0; round < 2; ++round) {
    edge::test::Process crashing(command);
    crashing.wait_for("got 0");
    EXPECT_EQ(crashing.wait(), -SIGKILL);
  }
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("t"));
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() == 5; }));
  EXPECT_EQ(sink.payloads(), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

// A server that says nothing at all: no real one does.
TEST(MqttOutage, AServerThatDoesNotAnswerIsGivenUp) {
  UvLoop loop;
  const Mosquitto server;
  Proxy proxy(loop, server.port());
  proxy.hush();
  auto options = publisher_options(proxy.port(), "source");
  options.connack_limit = 200ms;
  Source source(loop, options, {.time = 2s});
  const Status published = source.publish({.topic = "t", .payload = "x"});
  ASSERT_FALSE(published);
  EXPECT_NE(published.error().message.find("did not answer within 200ms"), std::string::npos)
      << published.error().message;
  EXPECT_GT(proxy.accepted(), 1);
}

TEST(MqttOutage, AConnectionThatFallsSilentIsGivenUp) {
  UvLoop loop;
  const Mosquitto server;
  Proxy proxy(loop, server.port());
  auto options = client_options(proxy.port(), "sink");
  options.login.keepalive = 5s;
  Sink sink(loop, options);
  ASSERT_TRUE(sink.add("t"));
  proxy.hush();
  EXPECT_TRUE(wait_until(loop, [&] { return !sink.subscriber().is_connected(); }, 15s));
}

// libmosquitto's own loops end at the 1024th descriptor.
TEST(MqttOutage, HighAndReusedDescriptors) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<int> open;
  for (int i = 0; i < 1100; ++i) open.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_GT(open.back(), 1024);
  {
    UvLoop loop;
    const Mosquitto server;
    Proxy proxy(loop, server.port());
    Sink sink(loop, client_options(proxy.port(), "sink"));
    ASSERT_TRUE(sink.add("t"));
    Source source(loop, publisher_options(proxy.port(), "source"));
    for (int round = 0; round < 20; ++round) {
      ASSERT_TRUE(source.publish({.topic = "t", .payload = std::to_string(round)}));
      proxy.cut();
      // Somebody else takes the numbers that were freed.
      for (int i = 0; i < 5; ++i) open.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    EXPECT_TRUE(wait_until(loop, [&] { return sink.count("19") > 0; }));
    EXPECT_EQ(lost(source, sink), 0U);
  }
  for (const int fd : open) ::close(fd);
}

}  // namespace
}  // namespace edge::mqtt::test
