// What the hub says itself is kept, whatever is full: answers to commands above all.
#include <gtest/gtest.h>

#include "tests/sync/core/engine_fixture.h"

namespace edge::sync {
namespace {

using std::chrono::seconds;
using test::all;
using test::message;

constexpr int kAlarms = 2;

class ReplyTest : public test::EngineTest {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.outbox.limits[index_of(Class::kAlarm)].max_rows = kAlarms;
    options.inbox.max_commands = 1;
    engine_.emplace(options, random_);
    open();
    commit();
  }
  void fill_alarms() {
    for (int i = 0; i < kAlarms; ++i) {
      handle(Enqueue{.ticket = 0, .message = message(Class::kAlarm, "app")});
    }
    commit();
  }
  void receive(const std::string& id, std::uint64_t delivery) {
    handle(Received{connection_, delivery, {.id = id, .issuer = "ops", .reply_to = "r"}});
  }
  void finish(const std::string& id) { handle(Executed{"ops", id, {.status = "ok", .code = 200}}); }
  // The store says this about each of so many commits.
  void fail(int times, Code code) {
    for (int i = 0; i < times && !all<Commit>(actions_).empty(); ++i) {
      std::erase_if(actions_, [](const auto& one) { return std::holds_alternative<Commit>(one); });
      handle(Committed{Error{code, "the disk"}});
    }
  }
  std::vector<std::string> answers() {
    std::vector<std::string> ids;
    for (const auto& one : all<InsertRow>(written_)) {
      if (!one.row->message->correlation.empty()) ids.push_back(one.row->message->correlation);
    }
    return ids;
  }
  bool is_done() {
    const auto puts = all<PutCommand>(written_);
    return !puts.empty() && puts.back().row.state == CommandState::kDone;
  }
};

TEST_F(ReplyTest, AnAnswerIsKeptWhereItsClassIsFull) {
  fill_alarms();
  receive("c1", 1);
  commit();
  finish("c1");
  commit();
  EXPECT_EQ(answers(), std::vector<std::string>{"c1"});
  EXPECT_TRUE(is_done());
}

TEST_F(ReplyTest, AnAnswerOutlivesAFullDiskAndItsCommandIsNotDoneBefore) {
  receive("c1", 1);
  commit();
  finish("c1");
  fail(12, Code::kResourceExhausted);
  EXPECT_FALSE(is_done());
  pass(seconds(2));
  commit();
  EXPECT_EQ(answers(), std::vector<std::string>{"c1"});
  EXPECT_TRUE(is_done());
}

TEST_F(ReplyTest, AnAnswerOutlivesADiskThatFails) {
  receive("c1", 1);
  commit();
  finish("c1");
  fail(1, Code::kUnavailable);
  pass(seconds(2));
  commit();
  EXPECT_EQ(answers(), std::vector<std::string>{"c1"});
}

TEST_F(ReplyTest, ARefusedCommandIsAcknowledgedWithTheCommitOfItsAnswer) {
  receive("c1", 1);
  commit();
  actions_.clear();
  receive("c2", 2);
  EXPECT_TRUE(all<Acknowledge>(actions_).empty());
  fail(1, Code::kUnavailable);
  EXPECT_TRUE(all<Acknowledge>(actions_).empty());
  pass(seconds(2));
  commit();
  EXPECT_EQ(answers(), std::vector<std::string>{"c2"});
  const auto acknowledged = all<Acknowledge>(actions_);
  ASSERT_EQ(acknowledged.size(), 1U);
  EXPECT_EQ(acknowledged[0].delivery, 2U);
}

TEST_F(ReplyTest, ARefusedCommandThatWantsNoAnswerIsAcknowledgedAtOnce) {
  receive("c1", 1);
  commit();
  actions_.clear();
  handle(Received{connection_, 2, {.id = "c2", .issuer = "ops"}});
  EXPECT_EQ(all<Acknowledge>(actions_).size(), 1U);
}

}  // namespace
}  // namespace edge::sync
