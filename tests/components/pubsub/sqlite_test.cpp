// What only pubsub.sqlite promises: durable cursors, order for each key, retries, retention.
#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/pubsub/sqlite_options.h"
#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "tests/components/pubsub/fixture.h"
#include "tests/support/temp_dir.h"

namespace edge::pubsub {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

class SqliteBusTest : public testing::Test {
 protected:
  void start(components::Metadata metadata = {}) {
    metadata.emplace("connectionString", path_);
    metadata.emplace("retryInterval", "100ms");
    bus_ = std::make_unique<RunningBus>(loop_, files_, "pubsub.sqlite", std::move(metadata));
    ASSERT_TRUE(bus_->opened()) << bus_->opened().error().message;
  }
  void stop() { bus_.reset(); }
  RunningBus& bus() { return *bus_; }
  Inbox inbox() { return Inbox(loop_); }
  void pass(Duration time) { ASSERT_TRUE(run(loop_, sleep_for(loop_, Ctx::background(), time))); }

  std::int64_t number(const std::string& sql) {
    auto db = store::Db::open(path_, {.access = store::Access::kReadOnly});
    return db->integer(sql)->value_or(-1);
  }
  std::int64_t stored() { return number("SELECT count(*) FROM pubsub_messages"); }

  test::TempDir dir_;
  std::string path_ = dir_.file("queue.db");
  store::OpenFiles files_;
  SimLoop loop_;
  std::unique_ptr<RunningBus> bus_;
};

Metadata key(const std::string& name) {
  return {{"partitionkey", name}};
}

TEST_F(SqliteBusTest, AFailingKeyHoldsUpNoOther) {
  start();
  Inbox app = inbox();
  bool broken = true;
  app.judge = [&](const Delivery& delivery) -> Status {
    if (broken && delivery.data.starts_with('a')) return Error{Code::kInternal, "broken"};
    return {};
  };
  const auto subscribed = bus().subscribe("app", "t", app);
  for (int i = 1; i <= 300; ++i) {
    ASSERT_TRUE(bus().publish("t", "a" + std::to_string(i), key("a")));
    ASSERT_TRUE(bus().publish("t", "b" + std::to_string(i), key("b")));
  }
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 300; }));
  EXPECT_THAT(app.processed(), ElementsAreArray(numbered("b", 1, 300)));
  broken = false;
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 600; }));
  const std::vector<std::string> rest(app.processed().begin() + 300, app.processed().end());
  EXPECT_THAT(rest, ElementsAreArray(numbered("a", 1, 300)));
}

TEST_F(SqliteBusTest, AFailingMessageIsTriedAgainAndTheLastAttemptIsSaid) {
  start({{"maxRetries", "3"}, {"maxRetryInterval", "10s"}});
  Inbox app = inbox();
  std::vector<TimePoint> times;
  app.judge = [&](const Delivery&) -> Status {
    times.push_back(loop_.now());
    return Error{Code::kInternal, "broken"};
  };
  const auto subscribed = bus().subscribe("app", "t", app);
  ASSERT_TRUE(bus().publish("t", "m"));
  ASSERT_TRUE(app.wait_until([&] { return times.size() == 6; }));
  std::vector<bool> last;
  for (const auto& delivery : app.got()) last.push_back(delivery.attempt == Attempt::kLast);
  EXPECT_THAT(last, ElementsAre(false, false, false, true, true, true));
  constexpr Duration kWaits[] = {std::chrono::milliseconds(100), std::chrono::milliseconds(200),
                                 std::chrono::milliseconds(400), std::chrono::seconds(10),
                                 std::chrono::seconds(10)};
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    EXPECT_GE(times[i + 1] - times[i], kWaits[i] * 3 / 4) << i;
    EXPECT_LE(times[i + 1] - times[i], kWaits[i] * 5 / 4) << i;
  }
}

TEST_F(SqliteBusTest, TheFirstFailureOfAMessageIsLoggedOnce) {
  std::vector<std::string> lines;
  log::capture([&](std::string_view line) { lines.emplace_back(line); });
  start({{"maxRetries", "3"}});
  Inbox app = inbox();
  app.judge = [](const Delivery&) -> Status { return Error{Code::kInternal, "broken"}; };
  const auto subscribed = bus().subscribe("app", "t", app);
  ASSERT_TRUE(bus().publish("t", "m"));
  ASSERT_TRUE(app.wait_until([&] { return app.got().size() == 3; }));
  log::capture(nullptr);
  std::erase_if(lines, [](const std::string& line) { return !line.contains("a message failed"); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::HasSubstr("level=warning"));
}

TEST_F(SqliteBusTest, KeysGoBesideEachOtherInAWindow) {
  start();
  Inbox app = inbox();
  app.hold();
  const auto subscribed = bus().subscribe("app", "t", app);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(bus().publish("t", "m", key(std::to_string(i))));
  ASSERT_TRUE(app.wait_for(16));
  EXPECT_EQ(app.most_at_once(), 16U);
  app.release();
  ASSERT_TRUE(app.wait_for(40));
  EXPECT_EQ(app.most_at_once(), 16U);
}

TEST_F(SqliteBusTest, WhatIsProcessedIsDeletedAndNumbersGoOn) {
  start();
  Inbox app = inbox();
  {
    const auto subscribed = bus().subscribe("app", "t", app);
    bus().publish_many("t", "m", 300);
    ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 300; }));
    pass(std::chrono::minutes(2));
    EXPECT_EQ(stored(), 0);
  }
  stop();
  EXPECT_EQ(number("SELECT last FROM pubsub_topics"), 300);
  EXPECT_EQ(number("SELECT position FROM pubsub_cursors"), 300);
  start();
  bus().publish_many("t", "n", 2);
  EXPECT_EQ(number("SELECT max(id) & 0xffffffffff FROM pubsub_messages"), 302);
  const auto subscribed = bus().subscribe("app", "t", app);
  ASSERT_TRUE(app.wait_for(302));
  EXPECT_EQ(app.data()[300], "n1");
}

TEST_F(SqliteBusTest, WhatIsPassedGoesAlthoughAnOldMessageKeepsFailing) {
  start();
  Inbox app = inbox();
  app.judge = [](const Delivery& delivery) -> Status {
    if (delivery.data == "bad") return Error{Code::kInternal, "broken"};
    return {};
  };
  const auto subscribed = bus().subscribe("app", "t", app);
  ASSERT_TRUE(bus().publish("t", "bad", key("a")));
  bus().publish_many("t", "m", 300, key("b"));
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 300; }));
  pass(std::chrono::minutes(2));
  EXPECT_EQ(stored(), 1);
  app.judge = nullptr;
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 301; }));
  pass(std::chrono::minutes(2));
  EXPECT_EQ(stored(), 0);
}

TEST_F(SqliteBusTest, OpenMessagesSurviveARestart) {
  start();
  Inbox app = inbox();
  app.judge = [](const Delivery& delivery) -> Status {
    if (delivery.data.starts_with('a')) return Error{Code::kInternal, "broken"};
    return {};
  };
  {
    const auto subscribed = bus().subscribe("app", "t", app);
    for (int i = 1; i <= 5; ++i) {
      ASSERT_TRUE(bus().publish("t", "a" + std::to_string(i), key("a")));
      ASSERT_TRUE(bus().publish("t", "b" + std::to_string(i), key("b")));
    }
    ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 5; }));
  }
  stop();
  start();
  Inbox again = inbox();
  const auto subscribed = bus().subscribe("app", "t", again);
  ASSERT_TRUE(again.wait_for(5));
  bus().publish_many("t", "c", 1, key("a"));
  ASSERT_TRUE(again.wait_for(6));
  EXPECT_THAT(again.data(), ElementsAre("a1", "a2", "a3", "a4", "a5", "c1"));
}

TEST_F(SqliteBusTest, NothingIsStoredForATopicWithoutSubscribers) {
  start();
  bus().publish_many("t", "m", 5);
  EXPECT_EQ(stored(), 0);
  EXPECT_EQ(number("SELECT count(*) FROM pubsub_topics"), 0);
}

TEST_F(SqliteBusTest, SaysWhatAPublishReached) {
  start();
  EXPECT_EQ(bus().publish("t", "m").value(), Durability::kMemory);
  Inbox app = inbox();
  bus().subscribe("app", "t", app).end();
  EXPECT_EQ(bus().publish("t", "m").value(), Durability::kCommitted);
}

TEST_F(SqliteBusTest, OldMessagesEnd) {
  start({{"retentionAge", "1h"}});
  Inbox app = inbox();
  const auto subscribed = bus().subscribe("app", "other", app);
  bus().subscribe("app", "t", app).end();
  bus().publish_many("t", "old", 3);
  pass(std::chrono::minutes(50));
  bus().publish_many("t", "new", 2);
  pass(std::chrono::minutes(9));
  Inbox busy = inbox();
  busy.hold();
  bus().subscribe("app", "t", busy).end();  // it is there still, and processes nothing
  pass(std::chrono::minutes(5));
  Inbox later = inbox();
  const auto again = bus().subscribe("app", "t", later);
  ASSERT_TRUE(later.wait_for(2));
  EXPECT_THAT(later.data(), ElementsAre("new1", "new2"));
}

TEST_F(SqliteBusTest, TooManyMessagesEndAtTheOldEnd) {
  start({{"retentionMessages", "100"}});
  Inbox app = inbox();
  bus().subscribe("app", "t", app).end();
  for (int batch = 0; batch < 10; ++batch) {
    std::vector<Publication> publications;
    for (const auto& data : numbered("m", 500 * batch + 1, 500 * batch + 500)) {
      publications.push_back(
          {.app_id = "publisher", .topic = "t", .data = data, .content_type = "", .metadata = {}});
    }
    for (const auto& answer : bus().publish_all(std::move(publications))) ASSERT_TRUE(answer);
  }
  pass(std::chrono::minutes(3));
  EXPECT_EQ(stored(), 100);
  const auto subscribed = bus().subscribe("app", "t", app);
  ASSERT_TRUE(app.wait_for(100));
  EXPECT_EQ(app.data().front(), "m4901");
}

TEST_F(SqliteBusTest, TooManyBytesEndAtTheOldEnd) {
  start({{"retentionBytes", "10Ki"}});
  Inbox app = inbox();
  bus().subscribe("app", "t", app).end();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(bus().publish("t", std::string(1024, 'm')));
  pass(std::chrono::minutes(3));
  EXPECT_EQ(stored(), 10);
}

TEST_F(SqliteBusTest, AnAppThatIsAwayForTooLongIsForgotten) {
  start({{"retentionAge", "1h"}});
  Inbox away = inbox();
  Inbox here = inbox();
  bus().subscribe("away", "t", away).end();
  const auto subscribed = bus().subscribe("here", "t", here);
  pass(std::chrono::minutes(55));
  EXPECT_EQ(number("SELECT count(*) FROM pubsub_cursors"), 2);
  pass(std::chrono::minutes(7));
  EXPECT_EQ(number("SELECT count(*) FROM pubsub_cursors"), 1);
  bus().publish_many("t", "m", 1);
  ASSERT_TRUE(here.wait_for(1));
  const auto again = bus().subscribe("away", "t", away);
  bus().publish_many("t", "n", 1);
  ASSERT_TRUE(away.wait_for(1));
  EXPECT_THAT(away.data(), ElementsAre("n1")) << "it begins anew";
}

TEST_F(SqliteBusTest, AFullFileRefusesAndTakesAgainWhenItHasRoom) {
  start({{"maxFileSize", "256Ki"}});
  Inbox app = inbox();
  app.hold();
  const auto subscribed = bus().subscribe("app", "t", app);
  Status done;
  int published = 0;
  while (done && published < 1000) {
    const auto answer = bus().publish("t", std::string(4000, 'm'));
    if (answer) {
      ++published;
    } else {
      done = answer.error();
    }
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kResourceExhausted) << done.error().message;
  EXPECT_GT(published, 30);
  app.release();
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == std::size_t(published); }));
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(bus().publish("t", std::string(4000, 'm'))) << "not only at the next minute";
  ASSERT_TRUE(app.wait_for(static_cast<std::size_t>(published) + 1));
}

TEST_F(SqliteBusTest, ComponentsShareAFileAndKeepTheirTopicsApart) {
  start();
  const auto* type = components::find_type(components::pubsub_types(), "pubsub.sqlite");
  const auto other = type->make({.name = "other",
                                 .metadata = {{"connectionString", path_}},
                                 .loop = loop_,
                                 .files = files_,
                                 .data_dir = ""});
  ASSERT_TRUE(run(loop_, other->init(Ctx::background())));
  Inbox mine = inbox();
  Inbox its = inbox();
  {
    const auto one = bus().subscribe("app", "t", mine);
    const Subscribed two(
        loop_, run(loop_, other->subscribe(Ctx::background(),
                                           {.app_id = "app", .topic = "t", .metadata = {}},
                                           its.handler())));
    bus().publish_many("t", "m", 2);
    ASSERT_TRUE(run(loop_, other->publish(Ctx::background(), {.app_id = "publisher",
                                                              .topic = "t",
                                                              .data = "o1",
                                                              .content_type = "",
                                                              .metadata = {}})));
    ASSERT_TRUE(mine.wait_for(2));
    ASSERT_TRUE(its.wait_for(1));
    EXPECT_THAT(mine.data(), ElementsAre("m1", "m2"));
    EXPECT_THAT(its.data(), ElementsAre("o1"));
  }
  run(loop_, other->close());
}

TEST_F(SqliteBusTest, AckedMessagesAreSavedWithinASecond) {
  start();
  Inbox app = inbox();
  const auto subscribed = bus().subscribe("app", "t", app);
  bus().publish_many("t", "m", 10);
  ASSERT_TRUE(app.wait_until([&] { return app.processed().size() == 10; }));
  pass(std::chrono::milliseconds(1100));
  EXPECT_EQ(number("SELECT position FROM pubsub_cursors"), 10);
}

TEST(SqliteBusOptions, SayWhatIsWrong) {
  const auto error_of = [](const components::Metadata& metadata) {
    const auto options = read_sqlite_options(metadata, "/data");
    return options ? std::string() : options.error().message;
  };
  EXPECT_EQ(read_sqlite_options({}, "/data")->path, "/data/queue.db");
  EXPECT_THAT(error_of({{"connectionString", ":memory:"}}), testing::HasSubstr("must name a file"));
  EXPECT_THAT(error_of({{"retentionAge", "0"}}), testing::HasSubstr("retentionAge"));
  EXPECT_THAT(error_of({{"retentionMessages", "0"}}), testing::HasSubstr("retentionMessages"));
  EXPECT_THAT(error_of({{"retentionBytes", "none"}}), testing::HasSubstr("retentionBytes"));
  EXPECT_THAT(error_of({{"maxRetries", "-1"}}), testing::HasSubstr("maxRetries"));
  EXPECT_THAT(error_of({{"retryInterval", "2m"}}), testing::HasSubstr("maxRetryInterval"));
}

}  // namespace
}  // namespace edge::pubsub
