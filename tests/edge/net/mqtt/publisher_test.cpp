#include "edge/net/mqtt/publisher.h"

#include "edge/base/log.h"
#include "tests/edge/net/mqtt/fixture.h"
#include "tests/support/pki.h"

namespace edge::mqtt::test {
namespace {

using namespace std::chrono_literals;

TEST(MqttPublisher, WhatIsAnsweredHasArrived) {
  UvLoop loop;
  const Mosquitto server;
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("a/b"));
  Source source(loop, publisher_options(server.port(), "source"));
  for (const int qos : {0, 1}) {
    ASSERT_TRUE(source.publish({.topic = "a/b", .payload = std::to_string(qos), .qos = qos}));
  }
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() == 2; }));
  EXPECT_EQ(sink.payloads(), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(sink.received()[0].topic, "a/b");
  EXPECT_EQ(sink.received()[1].qos, 1);
}

TEST(MqttPublisher, AnyBytesOfAnySizeGoThrough) {
  UvLoop loop;
  const Mosquitto server;
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("t"));
  Source source(loop, publisher_options(server.port(), "source"));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  std::string large;
  while (large.size() < 3'000'000) large += bytes;
  for (const auto& payload : {std::string(), bytes, large}) {
    ASSERT_TRUE(source.publish({.topic = "t", .payload = payload}));
  }
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() == 3; }));
  EXPECT_TRUE((sink.payloads() == std::vector<std::string>{"", bytes, large}));
}

TEST(MqttPublisher, ManyKeepTheirOrderWhateverTheWindow) {
  constexpr int kCount = 500;
  UvLoop loop;
  const Mosquitto server;
  Sink sink(loop, client_options(server.port(), "sink"));
  ASSERT_TRUE(sink.add("t"));
  Source source(loop, publisher_options(server.port(), "source"));
  std::vector<std::string> sent;
  for (int i = 0; i < kCount; ++i) {
    sent.push_back(std::to_string(i));
    source.start({.topic = "t", .payload = sent.back()});
  }
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() == kCount; }));
  EXPECT_EQ(sink.payloads(), sent);
  ASSERT_TRUE(wait_until(loop, [&] { return source.answered().size() == kCount; }));
}

TEST(MqttPublisher, AServerThatIsAwayIsAnErrorAfterAWhile) {
  UvLoop loop;
  Source source(loop, publisher_options(edge::test::free_port(), "source"), {.time = 200ms});
  const Status published = source.publish({.topic = "t", .payload = "x"});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Code::kUnavailable);
  EXPECT_NE(published.error().message.find("is away; the message was not sent"), std::string::npos)
      << published.error().message;
  EXPECT_NE(published.error().message.find("connection refused"), std::string::npos);
}

TEST(MqttPublisher, WithoutAnAnswerItSaysThatTheMessageMayHaveBeenDelivered) {
  UvLoop loop;
  const Mosquitto server;
  Proxy proxy(loop, server.port());
  Source source(loop, publisher_options(proxy.port(), "source"), {.time = 300ms});
  ASSERT_TRUE(wait_until(loop, [&] { return source.publisher().is_connected(); }));
  proxy.hush();
  const Status published = source.publish({.topic = "t", .payload = "x"});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Code::kUnavailable);
  EXPECT_NE(published.error().message.find("may have been delivered"), std::string::npos)
      << published.error().message;
}

TEST(MqttPublisher, TooManyThatWaitAreRefusedAtOnce) {
  UvLoop loop;
  Source source(loop, publisher_options(edge::test::free_port(), "source"),
                {.max_waiting = 3, .time = 300ms});
  for (int i = 0; i < 4; ++i) source.start({.topic = "t", .payload = "x"});
  ASSERT_EQ(source.failed().size(), 1U);
  EXPECT_EQ(source.failed()[0].code, Code::kResourceExhausted);
  ASSERT_TRUE(wait_until(loop, [&] { return source.failed().size() == 4; }));
}

TEST(MqttPublisher, ATopicWithAWildcardIsRefused) {
  UvLoop loop;
  Source source(loop, publisher_options(edge::test::free_port(), "source"));
  const Status published = source.publish({.topic = "a/#", .payload = "x"});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Code::kInvalidArgument);
}

TEST(MqttPublisher, BadCredentialsAreNamedWithoutThePassword) {
  UvLoop loop;
  std::vector<std::string> lines;
  log::capture([&](std::string_view line) { lines.emplace_back(line); });
  {
    const Mosquitto server("allow_anonymous false\n");
    auto options = publisher_options(server.port(), "source");
    options.login.username = "user";
    options.login.password = "hunter2";
    Source source(loop, options, {.time = 500ms});
    const Status published = source.publish({.topic = "t", .payload = "x"});
    ASSERT_FALSE(published);
    EXPECT_NE(published.error().message.find("refuses the connection"), std::string::npos)
        << published.error().message;
    EXPECT_EQ(published.error().message.find("hunter2"), std::string::npos);
  }
  log::capture(nullptr);
  ASSERT_FALSE(lines.empty());
  for (const auto& line : lines) EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
}

TEST(MqttPublisher, TlsWithAClientCertificate) {
  UvLoop loop;
  edge::test::Authority authority("Test authority");
  const auto server_identity = authority.issue("DNS:localhost,IP:127.0.0.1");
  const auto client = authority.issue("DNS:client.edge.test");
  const Mosquitto server("cafile " + authority.path() + "\ncertfile " +
                         server_identity.certificate_path + "\nkeyfile " +
                         server_identity.key_path + "\nrequire_certificate true\n");
  auto with_tls = [&](tls::ClientConfig config, const std::string& id) {
    auto options = publisher_options(server.port(), id);
    auto context = tls::ClientContext::parse(std::move(config));
    EXPECT_TRUE(context);
    options.tls = *context;
    return options;
  };
  const tls::ClientConfig known{.root_ca = authority.certificate(),
                                .certificate = client.certificate,
                                .private_key = client.private_key};
  Sink sink(loop, with_tls(known, "sink"));
  ASSERT_TRUE(sink.add("t"));
  Source source(loop, with_tls(known, "source"));
  ASSERT_TRUE(source.publish({.topic = "t", .payload = std::string(100'000, 'x')}));
  ASSERT_TRUE(wait_until(loop, [&] { return sink.received().size() == 1; }));

  const edge::test::Authority other("Another authority");
  Source stranger(loop, with_tls({.root_ca = other.certificate()}, "stranger"), {.time = 500ms});
  const Status refused = stranger.publish({.topic = "t", .payload = "x"});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("certificate verify failed"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace edge::mqtt::test
