// pubsub.mqtt3 with a real server.
#include "components/pubsub/mqtt3.h"

#include <gmock/gmock.h>

#include "edge/loop/uv_loop.h"
#include "tests/components/pubsub/conformance.h"
#include "tests/edge/net/mqtt/mosquitto.h"

namespace edge::pubsub {
namespace {

using namespace std::chrono_literals;
using test::Mosquitto;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

components::Metadata at(const Mosquitto& server, components::Metadata more = {}) {
  more.emplace("url", "mqtt://127.0.0.1:" + std::to_string(server.port()));
  return more;
}

// A server of its own for each test: sessions outlive the bus.
const Mosquitto& server_of_this_test() {
  static std::unique_ptr<Mosquitto> server;
  static std::string served;
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  if (std::exchange(served, test) != test) server = std::make_unique<Mosquitto>();
  return *server;
}

// A failed message comes again after the others, not before them.
const Case kCase = {"mqtt3",
                    "pubsub.mqtt3",
                    [] { return std::make_unique<UvLoop>(); },
                    [](const test::TempDir&) { return at(server_of_this_test()); },
                    {Feature::kSubscribeWildcards},
                    {Promise::kKeepsForTheAbsent},
                    Durability::kCloud};

INSTANTIATE_TEST_SUITE_P(Mqtt3, PubsubConformance, testing::Values(kCase),
                         [](const auto& info) { return info.param.name; });

Result<Mqtt3Options> read(const components::Metadata& metadata) {
  return read_mqtt3_options(metadata);
}

TEST(Mqtt3Options, TheUrlSaysWhereTheServerIs) {
  struct Expected {
    const char* url;
    Address server;
    bool tls;
  };
  const Expected all[] = {
      {"mqtt://host", {.host = "host", .port = 1883}, false},
      {"tcp://host:1", {.host = "host", .port = 1}, false},
      {"MQTTS://host/", {.host = "host", .port = 8883}, true},
      {"ssl://10.0.0.1:65535/x?y", {.host = "10.0.0.1", .port = 65535}, true},
      {"tls://[::1]", {.host = "::1", .port = 8883}, true},
      {"tcps://[fe80::1]:77", {.host = "fe80::1", .port = 77}, true},
  };
  for (const auto& expected : all) {
    const auto options = read({{"url", expected.url}});
    ASSERT_TRUE(options) << expected.url << ": " << options.error().message;
    EXPECT_EQ(options->server, expected.server) << expected.url;
    EXPECT_EQ(options->tls != nullptr, expected.tls) << expected.url;
    EXPECT_EQ(options->username, "");
  }
}

TEST(Mqtt3Options, TheUrlSaysWhoLogsIn) {
  const auto both = read({{"url", "mqtt://us%40er:pa%2Fss/w@rd@host:7"}});
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->username, "us@er");
  EXPECT_EQ(both->password, "pa/ss/w@rd");
  EXPECT_EQ(both->server, (Address{.host = "host", .port = 7}));
  const auto name = read({{"url", "mqtt://user@host"}});
  ASSERT_TRUE(name);
  EXPECT_EQ(name->username, "user");
  EXPECT_EQ(name->password, "");
}

TEST(Mqtt3Options, WrongFieldsAreNamedAndThePasswordIsNot) {
  const components::Metadata wrong[] = {
      {},
      {{"url", "host:1883"}},
      {{"url", "http://u:secret@host"}},
      {{"url", "mqtt://u:secret@"}},
      {{"url", "mqtt://u:secret@host:0"}},
      {{"url", "mqtt://u:secret@host:x"}},
      {{"url", "mqtt://u:secret%zz@host"}},
      {{"url", "mqtt://u:secret@[::1"}},
      {{"url", "mqtt://u:secret@::1:2"}},
      {{"url", "mqtt://host"}, {"caCert", "x"}},
      {{"url", "mqtts://host"}, {"caCert", "x"}},
      {{"url", "mqtts://host"}, {"clientCert", "x"}, {"clientKey", "secret"}},
      {{"url", "mqtt://host"}, {"qos", "3"}},
      {{"url", "mqtt://host"}, {"qos", "-1"}},
  };
  for (const auto& metadata : wrong) {
    const auto options = read(metadata);
    ASSERT_FALSE(options) << testing::PrintToString(metadata);
    EXPECT_EQ(options.error().code, Code::kInvalidArgument);
    EXPECT_THAT(options.error().message, Not(HasSubstr("secret")));
  }
  const auto two = read({{"url", "mqtt://host"}, {"qos", "2"}});
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().message, HasSubstr("use 1"));
}

TEST(Mqtt3Options, EveryAppHasAClientIdOfItsOwn) {
  Mqtt3Options options;
  EXPECT_EQ(consumer_client_id(options, "app"), "app");
  options.consumer_id = "hub-7";
  EXPECT_EQ(consumer_client_id(options, "app"), "hub-7-app");
  options.consumer_id = "x-{appID}-y";
  EXPECT_EQ(consumer_client_id(options, "app"), "x-app-y");
  EXPECT_NE(filter_client_id("app", "a/+"), filter_client_id("app", "a/#"));
  EXPECT_EQ(filter_client_id("app", "a/+"), "app-6dc2964091af026e") << "servers keep it";
}

class Mqtt3 : public testing::Test {
 protected:
  RunningBus start(components::Metadata more = {}) {
    return {loop_, files_, "pubsub.mqtt3", at(server_, std::move(more))};
  }

  UvLoop loop_;
  store::OpenFiles files_;
  Mosquitto server_;
};

TEST_F(Mqtt3, OverlappingSubscriptionsGetAMessageOnceEach) {
  RunningBus bus = start();
  Inbox exact(loop_);
  Inbox level(loop_);
  Inbox all(loop_);
  const auto one = bus.subscribe("app", "s/a", exact);
  const auto two = bus.subscribe("app", "s/+", level);
  const auto three = bus.subscribe("app", "#", all);
  bus.publish_many("s/a", "m", 3);
  ASSERT_TRUE(bus.publish("end", "end"));
  ASSERT_TRUE(exact.wait_for(3));
  ASSERT_TRUE(level.wait_for(3));
  ASSERT_TRUE(all.wait_for(4));
  EXPECT_THAT(exact.data(), ElementsAre("m1", "m2", "m3"));
  EXPECT_THAT(level.data(), ElementsAre("m1", "m2", "m3"));
  EXPECT_THAT(all.data(), ElementsAre("m1", "m2", "m3", "end"));
}

TEST_F(Mqtt3, AppsShareASubscription) {
  RunningBus bus = start();
  Inbox one(loop_);
  Inbox two(loop_);
  const auto first = bus.subscribe("one", "$share/g/jobs", one);
  const auto second = bus.subscribe("two", "$share/g/jobs", two);
  bus.publish_many("jobs", "m", 20);
  ASSERT_TRUE(one.wait_for(10));
  ASSERT_TRUE(two.wait_for(10));
  EXPECT_EQ(one.got().size() + two.got().size(), 20U);
  EXPECT_EQ(one.got()[0].topic, "jobs");
}

TEST_F(Mqtt3, RetainIsAFieldAndAnOptionOfAPublication) {
  RunningBus bus = start({{"retain", "true"}});
  ASSERT_TRUE(bus.publish("kept", "1"));
  ASSERT_TRUE(bus.publish("gone", "2", {{"Retain", "false"}}));
  Inbox app(loop_);
  const auto kept = bus.subscribe("app", "kept", app);
  const auto gone = bus.subscribe("app", "gone", app);
  ASSERT_TRUE(bus.publish("gone", "3", {{"retain", "no"}}));
  ASSERT_TRUE(app.wait_for(2));
  EXPECT_THAT(app.data(), ElementsAre("1", "3"));
  EXPECT_EQ(app.got()[0].metadata, (Metadata{{"retained", "true"}}));
  EXPECT_EQ(app.got()[1].metadata, (Metadata{{"retained", "false"}}));
  EXPECT_EQ(app.got()[0].attempt, Attempt::kRepeatable);
}

TEST_F(Mqtt3, QosZeroPromisesNothing) {
  RunningBus bus = start({{"qos", "0"}});
  Inbox app(loop_);
  const auto subscribed = bus.subscribe("app", "t", app);
  EXPECT_EQ(bus.publish("t", "m").value(), Durability::kMemory);
  ASSERT_TRUE(app.wait_for(1));
  EXPECT_EQ(app.got()[0].attempt, Attempt::kLast);
}

TEST_F(Mqtt3, ClientIdsAreTheDocumentedOnes) {
  RunningBus bus = start({{"consumerID", "hub"}});
  Inbox app(loop_);
  const auto plain = bus.subscribe("app", "t", app);
  const auto pattern = bus.subscribe("app", "a/+", app);
  ASSERT_TRUE(bus.publish("t", "m"));
  ASSERT_TRUE(app.wait_for(1));
  for (const char* id : {" as hub-app (", " as hub-app-6dc2964091af026e (", " as hub-bus-pub ("}) {
    EXPECT_THAT(server_.log(), HasSubstr(id));
  }
}

TEST_F(Mqtt3, UnsubscribeOnCloseLeavesNothingBehind) {
  RunningBus bus = start();
  Inbox app(loop_);
  {
    auto subscribed = run(
        loop_, bus.bus().subscribe(
                   Ctx::background(),
                   {.app_id = "app", .topic = "t", .metadata = {{"unsubscribeOnClose", "true"}}},
                   app.handler()));
    ASSERT_TRUE(subscribed);
    run(loop_, (*subscribed)->close());
  }
  ASSERT_TRUE(bus.publish("t", "missed"));
  const auto again = bus.subscribe("app", "t", app);
  ASSERT_TRUE(bus.publish("t", "got"));
  ASSERT_TRUE(app.wait_for(1));
  EXPECT_THAT(app.data(), ElementsAre("got"));
}

TEST_F(Mqtt3, AServerThatIsAwayAtTheStartIsMetLater) {
  server_.kill();
  RunningBus bus = start();
  ASSERT_TRUE(bus.opened()) << bus.opened().error().message;
  Inbox app(loop_);
  const auto subscribed = bus.subscribe("app", "t", app);
  ASSERT_TRUE(subscribed.result());
  {
    DeadlineScope soon(loop_, Ctx::background(), 200ms);
    const auto published =
        run(loop_, bus.bus().publish(soon.ctx(), {.app_id = "p", .topic = "t", .data = "lost"}));
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, Code::kUnavailable);
    EXPECT_THAT(published.error().message, HasSubstr("is away; the message was not sent"));
  }
  server_.start();
  // Kept, since the subscriber may come back after the publisher.
  ASSERT_TRUE(bus.publish("t", "m", {{"retain", "true"}}));
  ASSERT_TRUE(app.wait_for(1));
  EXPECT_EQ(app.got()[0].data, "m");
}

}  // namespace
}  // namespace edge::pubsub
