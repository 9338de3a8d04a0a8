#include "sync/run/runner.h"

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/sync/run/fixture.h"

namespace edge::sync {
namespace {

using namespace std::chrono_literals;
using test::event;
using test::RunningHub;
using test::TestCloud;

class SyncRunner : public testing::Test {
 protected:
  std::unique_ptr<RunningHub> start(EngineOptions options = {}) {
    return std::make_unique<RunningHub>(loop_, cloud_, path_, options);
  }
  // The bodies of what came, once each, in the order of their first arrival.
  [[nodiscard]] std::vector<std::string> bodies(const std::string& part = "e1/u/") const {
    std::vector<std::string> all;
    std::set<std::string> ids;
    for (const auto& one : cloud_.events(part)) {
      if (ids.insert(one["id"]).second) all.push_back(one["data"].dump());
    }
    return all;
  }
  [[nodiscard]] static std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> all;
    for (int i = first; i <= last; ++i) all.push_back(std::to_string(i));
    return all;
  }

  edge::test::TempDir dir_;
  std::string path_ = dir_.file("queue.db");
  SimLoop loop_;
  TestCloud cloud_;
};

TEST_F(SyncRunner, AMessageIsStoredSentAndRemoved) {
  const auto hub = start();
  const auto receipt = hub->publish(event(R"({"on":true})"));
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->durability, Durability::kCommitted);
  ASSERT_TRUE(hub->wait_until_empty());
  const auto events = cloud_.events("e1/u/hub1/power");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["id"], receipt->id);
  EXPECT_EQ(events[0]["source"], "/h/hub1/lamp");
  EXPECT_EQ(events[0]["sequence"], to_text(receipt->number));
  EXPECT_EQ(events[0]["data"], nlohmann::json({{"on", true}}));
}

// The file loses its second event, and is found to be damaged and replaced.
void damage(store::OpenFiles& files, const std::string& path) {
  store::OpenOptions how;
  how.schema = [](store::Db&) { return Status(); };
  const auto writer = files.open(path, std::move(how), {}, [](const auto&) {});
  ASSERT_TRUE(writer);
  std::promise<Status> lost;
  ASSERT_TRUE(
      (*writer)->submit([](store::Db& db) { return db.run("DELETE FROM sync_event WHERE row=2"); },
                        [&](Status status) { lost.set_value(std::move(status)); }));
  ASSERT_TRUE(lost.get_future().get());
  const std::uint32_t before = (*writer)->generation();
  (*writer)->report_damage(before);
  while ((*writer)->generation() == before) std::this_thread::yield();
}

TEST_F(SyncRunner, AFileThatIsReplacedMeanwhileIsReadAnew) {
  bool takes = false;
  cloud_.judge = [&](const TestCloud::Sent&) { return takes; };
  const auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  const std::uint32_t epoch = hub->runner().status().epoch;
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(hub->publish(event(body)));
  damage(hub->files(), path_);
  cloud_.sent.clear();
  const auto refused = hub->publish(event("4"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  const auto rows = [&] { return hub->runner().status().queued[index_of(Class::kEvent)].rows; };
  EXPECT_TRUE(hub->wait_until([&] { return rows() == 2; })) << rows();
  takes = true;
  EXPECT_TRUE(hub->publish(event("5")));
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(bodies(), (std::vector<std::string>{"1", "3", "5"}));
  EXPECT_GT(hub->runner().status().epoch, epoch);
  EXPECT_EQ(cloud_.connection, 2U) << "connections are counted on";
}

TEST_F(SyncRunner, WhatNobodyTakesInALaneGoesByTheBaseline) {
  cloud_.judge = [](const TestCloud::Sent&) { return false; };
  const auto hub = start();
  Message one = event("1");
  one.lane = Lane{"gray", 0};
  ASSERT_TRUE(hub->publish(std::move(one)));
  const auto wait_for = [&](const std::string& topic) {
    return hub->wait_until([&] { return !cloud_.published(topic).empty(); });
  };
  ASSERT_TRUE(wait_for("gray/e1/u/hub1/power"));
  EXPECT_EQ(cloud_.sent.back().publication.audience, Audience::kSomebody);
  cloud_.give_back(cloud_.sent.back(), Verdict::kUnclaimed);
  const auto again = cloud_.sent.back().publication;
  EXPECT_EQ(again.topic, "e1/u/hub1/power");
  EXPECT_EQ(again.audience, Audience::kAny) << "there is nowhere else to go";
  EXPECT_EQ(again.lane, "gray");
  const auto told = nlohmann::json::parse(again.payload);
  EXPECT_EQ(told["lane"], "gray");
  EXPECT_EQ(told["lanefallback"], 1);
  cloud_.acknowledge(cloud_.sent.back());
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(hub->runner().counters().unclaimed, 1U);
}

TEST_F(SyncRunner, TheCloudIsToldWhoIsThereAndWhoGoes) {
  auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  EXPECT_EQ(cloud_.filters, (std::vector<std::string>{"e1/l/hub1", "e1/d/hub1"}));
  auto said = cloud_.events("e1/s/hub1");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0]["st"], "on");
  EXPECT_EQ(said[0]["connseq"], cloud_.connection);
  EXPECT_EQ(cloud_.published("e1/s/hub1")[0].keep, Keep::kLatest);
  EXPECT_EQ(nlohmann::json::parse(cloud_.farewell.payload)["st"], "off");
  hub.reset();
  said = cloud_.events("e1/s/hub1");
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1]["st"], "off");
  EXPECT_EQ(said[1]["connseq"], said[0]["connseq"]);
}

TEST_F(SyncRunner, AReportIsKeptByTheCloudAndSaidAgainWithEachConnection) {
  const auto hub = start();
  const std::string topic = "e1/r/hub1/cfg";
  hub->runner().report("cfg", R"({"n":0})");
  hub->runner().report("cfg", R"({"n":1})");
  ASSERT_TRUE(hub->wait_until([&] { return !cloud_.published(topic).empty(); }));
  hub->runner().report("cfg", R"({"n":2})");
  hub->runner().report("cfg", R"({"n":2})");
  ASSERT_EQ(cloud_.published(topic).size(), 2U) << "the last, what is new, and nothing twice";
  EXPECT_EQ(cloud_.published(topic)[0].keep, Keep::kLatest);
  EXPECT_EQ(cloud_.events(topic)[0]["n"], 1);
  EXPECT_EQ(cloud_.events(topic)[1]["n"], 2);
  cloud_.cut();
  ASSERT_TRUE(hub->wait_until([&] { return cloud_.published(topic).size() == 3; }));
  EXPECT_EQ(cloud_.events(topic)[2]["n"], 2);
}

TEST_F(SyncRunner, WhatIsNotAcknowledgedIsSentAgain) {
  const auto hub = start();
  cloud_.judge = [](const TestCloud::Sent&) { return false; };
  for (int i = 1; i <= 5; ++i) {
    hub->publish_later(event(std::to_string(i)), Durability::kCloud);
  }
  ASSERT_TRUE(hub->wait_until([&] { return cloud_.published("e1/u/").size() == 5; }));
  EXPECT_EQ(hub->accepted(), 0U);
  cloud_.cut();
  ASSERT_TRUE(hub->wait_until([&] { return cloud_.published("e1/u/").size() == 10; }));
  const auto events = cloud_.events("e1/u/");
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(events[i]["id"], events[i + 5]["id"]);
  EXPECT_EQ(hub->accepted(), 0U);
  const auto all = cloud_.sent;
  for (const auto& one : all) {
    if (one.connection == cloud_.connection && one.number != 0) cloud_.acknowledge(one);
  }
  ASSERT_TRUE(hub->wait_until([&] { return hub->accepted() == 5; }));
  EXPECT_TRUE(hub->wait_until_empty());
}

TEST_F(SyncRunner, NothingIsLostWhereAcknowledgementsAreAndConnectionsBreak) {
  constexpr int kCount = 400;
  const auto hub = start();
  SeededRandom random(11);
  std::size_t lost = 0;
  cloud_.judge = [&](const TestCloud::Sent&) {
    if (random.below(20) != 0) return true;
    ++lost;
    return false;
  };
  for (int i = 1; i <= kCount; ++i) {
    hub->publish_later(event(std::to_string(i)));
    if (i % 50 != 0) continue;
    ASSERT_TRUE(hub->wait_until([&] { return cloud_.connection != 0; }));
    cloud_.cut();
  }
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(hub->accepted(), std::size_t{kCount});
  EXPECT_EQ(bodies(), numbers(1, kCount)) << "each of them, in order";
  EXPECT_GT(lost, 5U);
  EXPECT_GT(cloud_.connects, 8U);
}

TEST_F(SyncRunner, WhatWaitsIsSentAfterARestart) {
  constexpr int kCount = 300;
  cloud_.reachable = false;
  {
    const auto hub = start();
    for (int i = 1; i <= kCount; ++i) hub->publish_later(event(std::to_string(i)));
    ASSERT_TRUE(hub->wait_until([&] { return hub->accepted() == kCount; }));
  }
  EXPECT_TRUE(cloud_.sent.empty());
  cloud_.reachable = true;
  const auto hub = start();
  EXPECT_EQ(hub->runner().status().queued[index_of(Class::kEvent)].rows, kCount);
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(bodies(), numbers(1, kCount));
  EXPECT_EQ(cloud_.published("e1/u/").size(), std::size_t{kCount}) << "once each";
}

TEST_F(SyncRunner, AnAskerMayGiveUpAndTheMessageGoesItsWay) {
  const auto hub = start();
  cloud_.judge = [](const TestCloud::Sent&) { return false; };
  DeadlineScope limit(loop_, Ctx::background(), 5s);
  const auto receipt =
      run(loop_, hub->runner().enqueue(limit.ctx(), event("1"), Durability::kCloud));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Code::kDeadlineExceeded);
  cloud_.judge = {};
  cloud_.cut();
  EXPECT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(bodies(), numbers(1, 1));
}

TEST_F(SyncRunner, WhatTheCloudNeverTakesLeavesAGapRecord) {
  const auto hub = start();
  cloud_.judge = [](const TestCloud::Sent& sent) {
    return sent.publication.topic.find("/power") == std::string::npos;
  };
  hub->publish_later(event("1"), Durability::kCloud);
  ASSERT_TRUE(hub->wait_until([&] { return !cloud_.published("/power").empty(); }));
  const auto sent = std::ranges::find_if(cloud_.sent, [](const TestCloud::Sent& one) {
    return one.publication.topic == "e1/u/hub1/power";
  });
  ASSERT_NE(sent, cloud_.sent.end());
  cloud_.refuse(TestCloud::Sent(*sent));
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(hub->refused(), 1U);
  const auto gaps = cloud_.events("e1/u/hub1/gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0]["data"]["why"], "refused");
  EXPECT_EQ(gaps[0]["data"]["count"], 1);
  EXPECT_EQ(gaps[0]["data"]["topic"], "power");
}

TEST_F(SyncRunner, ACommandIsStoredAcknowledgedExecutedOnceAndAnswered) {
  const std::string command =
      R"({"id":"c-1","source":"/cloud/ops","replyto":"e1/a/hub1","data":{"op":"invoke"}})";
  auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  std::vector<std::uint64_t> acknowledged;
  hub->hub().on_execute = [&] { acknowledged = cloud_.acknowledged; };
  const auto number = cloud_.deliver("e1/d/hub1", command);
  EXPECT_TRUE(cloud_.acknowledged.empty()) << "it is not in the store yet";
  ASSERT_TRUE(hub->wait_until([&] { return !cloud_.events("e1/a/hub1").empty(); }));
  EXPECT_EQ(acknowledged, std::vector<std::uint64_t>{number});
  ASSERT_EQ(hub->hub().executed.size(), 1U);
  EXPECT_EQ(hub->hub().executed[0].payload, R"({"op":"invoke"})");
  ASSERT_TRUE(hub->wait_until_empty());
  hub.reset();
  hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  cloud_.deliver("e1/d/hub1", command);
  ASSERT_TRUE(hub->wait_until([&] { return cloud_.events("e1/a/hub1").size() == 2; }));
  EXPECT_TRUE(hub->hub().executed.empty()) << "the reply of the first time is given again";
  const auto replies = cloud_.events("e1/a/hub1");
  EXPECT_EQ(replies[0]["correlationid"], "c-1");
  EXPECT_EQ(replies[0]["data"], replies[1]["data"]);
  EXPECT_EQ(replies[1]["data"]["status"], "ok");
  EXPECT_EQ(cloud_.acknowledged.size(), 2U);
}

TEST_F(SyncRunner, WhatMakesNoSenseIsAcknowledgedAndDropped) {
  const auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  cloud_.deliver("e1/d/hub1", "{");
  cloud_.deliver("e1/d/another", "{}");
  cloud_.deliver("e1/l/hub1", "");
  EXPECT_EQ(cloud_.acknowledged, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(hub->runner().status().commands, 0U);
}

TEST_F(SyncRunner, TheHubChangesItsLane) {
  auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  cloud_.deliver("e1/l/hub1", R"({"lane":"gray1","gen":42})");
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().lane.id == "gray1"; }));
  EXPECT_EQ(hub->hub().prepared.size(), 1U);
  EXPECT_EQ(hub->hub().lanes, std::vector<std::string>{"gray1"});
  EXPECT_EQ(cloud_.acknowledged.size(), 1U);
  EXPECT_EQ(std::ranges::count(cloud_.filters, "gray1/e1/d/hub1"), 1);
  ASSERT_TRUE(hub->publish(event("1")));
  ASSERT_TRUE(hub->wait_until_empty());
  ASSERT_EQ(cloud_.events("gray1/e1/u/hub1/power").size(), 1U);
  EXPECT_EQ(cloud_.events("gray1/e1/u/hub1/power")[0]["lanegen"], 42);
  EXPECT_FALSE(cloud_.events("e1/r/hub1/lane").empty());
  hub.reset();
  hub = start();
  EXPECT_EQ(hub->runner().status().lane.id, "gray1") << "after a restart, too";
}

TEST_F(SyncRunner, AMessageThatCannotBeSentIsNotTaken) {
  const auto hub = start();
  EXPECT_EQ(hub->publish(event("1", "a/+")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(hub->publish(event("1", "")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(hub->publish(event(std::string(1 << 20, 'x'))).error().code, Code::kInvalidArgument);
  Message message = event("1");
  message.lane = Lane{"a/b", 1};
  EXPECT_EQ(hub->publish(message).error().code, Code::kInvalidArgument);
  message = event("1");
  message.correlation = "c";
  EXPECT_EQ(hub->publish(message).error().code, Code::kInvalidArgument);
  EXPECT_EQ(hub->runner().status().queued[index_of(Class::kEvent)].rows, 0);
}

TEST_F(SyncRunner, AFullClassRefusesOrDrops) {
  EngineOptions options;
  options.outbox.limits[index_of(Class::kAlarm)].max_rows = 2;
  options.outbox.limits[index_of(Class::kEvent)].max_rows = 2;
  cloud_.reachable = false;
  const auto hub = start(options);
  for (int i = 1; i <= 3; ++i) {
    Message alarm = event(std::to_string(i), "alarm");
    alarm.cls = Class::kAlarm;
    const auto receipt = hub->publish(alarm);
    EXPECT_EQ(receipt.has_value(), i <= 2);
    if (!receipt) EXPECT_EQ(receipt.error().code, Code::kResourceExhausted);
    EXPECT_TRUE(hub->publish(event(std::to_string(i))));
  }
  cloud_.reachable = true;
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(bodies("/alarm"), numbers(1, 2));
  EXPECT_EQ(bodies("/power"), numbers(2, 3));
  const auto gaps = cloud_.events("/gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0]["data"]["why"], "dropped");
}

TEST_F(SyncRunner, AnOrderlyStopLeavesNothingToSendTwice) {
  constexpr int kCount = 20;
  auto hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  for (int i = 1; i <= kCount; ++i) ASSERT_TRUE(hub->publish(event(std::to_string(i))));
  hub.reset();
  hub = start();
  ASSERT_TRUE(hub->wait_until([&] { return hub->runner().status().online; }));
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(cloud_.events("e1/u/").size(), std::size_t{kCount});
}

TEST_F(SyncRunner, AStopDoesNotWaitForeverForTheCloud) {
  auto hub = start();
  cloud_.judge = [](const TestCloud::Sent&) { return false; };
  ASSERT_TRUE(hub->publish(event("1")));
  ASSERT_TRUE(hub->wait_until([&] { return !cloud_.published("e1/u/").empty(); }));
  const TimePoint began = loop_.now();
  hub.reset();
  EXPECT_EQ(loop_.now() - began, 2s);
  cloud_.judge = nullptr;
  hub = start();
  ASSERT_TRUE(hub->wait_until_empty());
  EXPECT_EQ(cloud_.events("e1/u/").size(), 2U);
}

TEST_F(SyncRunner, WhatWaitsIsShownByClassAndLane) {
  cloud_.reachable = false;
  const auto hub = start();
  for (const char* lane : {"base", "gray", "gray"}) {
    Message message = event("1");
    message.lane = Lane{lane, 0};
    ASSERT_TRUE(hub->publish(message));
  }
  const auto survey = run(loop_, hub->runner().survey(Ctx::background()));
  ASSERT_TRUE(survey) << survey.error().message;
  const ClassSurvey& events = (*survey)[index_of(Class::kEvent)];
  EXPECT_TRUE(events.complete);
  EXPECT_EQ(events.lanes.at("base").rows, 1);
  EXPECT_EQ(events.lanes.at("gray").rows, 2);
  const Totals queued = hub->runner().status().queued[index_of(Class::kEvent)];
  EXPECT_EQ(events.lanes.at("base").bytes + events.lanes.at("gray").bytes, queued.bytes);
  EXPECT_FALSE(events.oldest_id.empty());
  EXPECT_TRUE((*survey)[index_of(Class::kAlarm)].oldest_id.empty());
  EXPECT_EQ(hub->runner().counters().accepted, 3U);
}

TEST_F(SyncRunner, AHubWithoutAProperIdDoesNotStart) {
  store::OpenFiles files;
  test::TestHub hub;
  Runner runner({loop_, files, cloud_, hub}, {"a/b", {}, {path_, {}, {}}});
  const Status started = run(loop_, runner.start(Ctx::background()));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kInvalidArgument);
  EXPECT_EQ(run(loop_, runner.enqueue(Ctx::background(), event("1"), Durability::kCommitted))
                .error()
                .code,
            Code::kUnavailable);
  run(loop_, runner.close());
}

}  // namespace
}  // namespace edge::sync
