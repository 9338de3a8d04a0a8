#include "sync/core/inbox.h"

#include <limits>
#include <malloc.h>

#include <gtest/gtest.h>

#include "tests/sync/core/fixture.h"

namespace edge::sync {
namespace {

using test::all;
using test::at;

Received command(const std::string& id, std::uint64_t delivery, const std::string& subject = "") {
  return {.connection = 1,
          .delivery = delivery,
          .command = {.id = id, .issuer = "ops", .subject = subject, .reply_to = "r"}};
}

constexpr std::uint64_t kNoneWaits = std::numeric_limits<std::uint64_t>::max();

class InboxTest : public testing::Test {
 protected:
  std::vector<Write> commit(const Status& status = {}, std::int64_t ms = 0) {
    std::vector<Write> writes;
    inbox_.build(at(ms), writes, kNoneWaits);
    inbox_.settle(at(ms), status, actions_);
    return writes;
  }
  Actions take() { return std::exchange(actions_, {}); }
  void receive(Received event, std::int64_t ms = 0) {
    inbox_.received(at(ms), std::move(event), Lane{}, actions_);
  }
  void finish(const std::string& id, std::int64_t ms = 0) {
    inbox_.executed(at(ms), {.issuer = "ops", .id = id, .reply = {.status = "ok", .code = 200}});
  }

  Inbox inbox_{InboxOptions{.max_commands = 3}};
  Actions actions_;
};

TEST_F(InboxTest, AcknowledgesAndRunsOnlyWhatIsCommitted) {
  receive(command("a", 7));
  EXPECT_TRUE(take().empty());
  commit(Error{Code::kUnavailable, "disk"});
  EXPECT_TRUE(take().empty());
  const auto writes = commit();
  ASSERT_EQ(all<PutCommand>(writes).size(), 1U);
  EXPECT_EQ(all<PutCommand>(writes)[0].row.state, CommandState::kRunning);
  const Actions actions = take();
  EXPECT_EQ(all<Acknowledge>(actions).at(0).delivery, 7U);
  EXPECT_EQ(all<Execute>(actions).size(), 1U);
}

TEST_F(InboxTest, ACommandThatComesAgainIsAnsweredAgainAndNotRun) {
  receive(command("a", 1));
  commit();
  take();
  finish("a");
  EXPECT_EQ(inbox_.take_replies().size(), 1U);
  commit();
  EXPECT_TRUE(all<Execute>(take()).empty());
  receive(command("a", 2));
  const Actions actions = take();
  EXPECT_EQ(all<Acknowledge>(actions).at(0).delivery, 2U);
  EXPECT_TRUE(all<Execute>(actions).empty());
  ASSERT_EQ(all<LoadReply>(actions).size(), 1U);
}

TEST_F(InboxTest, OneOfASubjectRunsAfterTheOther) {
  receive(command("a", 1, "door"));
  receive(command("b", 2, "door"));
  receive(command("c", 3, "lamp"));
  commit();
  EXPECT_EQ(all<Execute>(take()).size(), 2U);
  finish("a");
  commit();
  const auto actions = take();
  ASSERT_EQ(all<Execute>(actions).size(), 1U);
  EXPECT_EQ(all<Execute>(actions)[0].command.id, "b");
}

TEST_F(InboxTest, WhatExpiredIsRefusedAndRemembered) {
  Received event = command("a", 1);
  event.command.expires = HubClock::kSet + HubTime(50);
  receive(std::move(event), 60);
  const auto writes = commit();
  EXPECT_EQ(all<PutCommand>(writes).at(0).row.state, CommandState::kDone);
  EXPECT_TRUE(all<Execute>(take()).empty());
  const auto replies = inbox_.take_replies();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_NE(replies[0].body.find("\"expired\""), std::string::npos);
  EXPECT_EQ(replies[0].correlation, "a");
}

Received brief(const std::string& id, const std::string& subject = "") {
  Received event = command(id, 1, subject);
  event.command.expires = HubClock::kSet + HubTime(50);
  return event;
}

TEST_F(InboxTest, WhatExpiresWhileItWaitsIsNotRun) {
  receive(command("a", 1, "door"));
  receive(brief("b", "door"));
  commit();
  EXPECT_EQ(all<Execute>(take()).size(), 1U);
  finish("a", 60);
  commit({}, 60);
  EXPECT_TRUE(all<Execute>(take()).empty());
  const auto replies = inbox_.take_replies();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[1].correlation, "b");
  EXPECT_NE(replies[1].body.find("\"expired\""), std::string::npos);
}

TEST_F(InboxTest, WhatExpiresBeforeItsCommitIsDoneIsNotRun) {
  receive(brief("a", "door"));
  receive(command("b", 2, "door"));
  commit(Error{Code::kUnavailable, "disk"});
  commit({}, 60);
  EXPECT_TRUE(all<Execute>(take()).empty());
  EXPECT_NE(inbox_.take_replies().at(0).body.find("\"expired\""), std::string::npos);
  const auto done = all<PutCommand>(commit({}, 60));
  EXPECT_EQ(done.at(0).row.reply.code, 408) << "the answer is kept";
  EXPECT_EQ(all<Execute>(take()).at(0).command.id, "b");
}

TEST_F(InboxTest, WhatExpiredSinceACrashIsNotRunAgain) {
  InboxRow row{.command = brief("a").command, .state = CommandState::kRunning};
  row.command.idempotent = true;
  inbox_.open(at(60), {row});
  commit({}, 60);
  EXPECT_TRUE(all<Execute>(take()).empty());
  EXPECT_NE(inbox_.take_replies().at(0).body.find("\"unknown\""), std::string::npos)
      << "it was begun";
}

TEST_F(InboxTest, ACrashWhileItRanLeavesItUnknownUnlessIdempotent) {
  InboxRow once{.command = {.id = "a", .issuer = "ops", .reply_to = "r"},
                .state = CommandState::kRunning};
  InboxRow again = once;
  again.command.id = "b";
  again.command.idempotent = true;
  inbox_.open(at(0), {once, again});
  commit();
  const auto runs = all<Execute>(take());
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].command.id, "b");
  const auto replies = inbox_.take_replies();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_NE(replies[0].body.find("\"unknown\""), std::string::npos);
}

TEST_F(InboxTest, AFullInboxRefusesWhatIsNew) {
  for (const char* id : {"a", "b", "c", "d"}) receive(command(id, 1));
  EXPECT_EQ(inbox_.size(), 3U);
  EXPECT_NE(inbox_.take_replies().at(0).body.find("\"rejected\""), std::string::npos);
}

TEST_F(InboxTest, PayloadsThatWaitHaveALimit) {
  Inbox inbox(InboxOptions{.max_bytes = 100});
  const auto receive_into = [&](const char* id, std::size_t bytes) {
    Received event = command(id, 1, "door");
    event.command.payload.assign(bytes, 'p');
    inbox.received(at(0), std::move(event), Lane{}, actions_);
  };
  receive_into("a", 60);
  receive_into("b", 60);
  receive_into("c", 40);
  EXPECT_EQ(inbox.size(), 2U);
  EXPECT_NE(inbox.take_replies().at(0).body.find("507"), std::string::npos);
  for (int i = 0; i < 2; ++i) {
    std::vector<Write> writes;
    inbox.build(at(0), writes, kNoneWaits);
    inbox.settle(at(0), {}, actions_);
    inbox.executed(at(0), {.issuer = "ops", .id = i == 0 ? "a" : "c"});
  }
  EXPECT_EQ(inbox.take_replies().size(), 2U);
  receive_into("d", 100);
  EXPECT_EQ(inbox.size(), 3U) << "what is done has given its room back";
  Inbox again(InboxOptions{.max_bytes = 100});
  InboxRow waits{.command = command("a", 1).command};
  waits.command.payload.assign(60, 'p');
  again.open(at(0), {waits});
  Received more = command("b", 2);
  more.command.payload.assign(60, 'p');
  again.received(at(0), std::move(more), Lane{}, actions_);
  EXPECT_EQ(again.size(), 1U) << "what waited at the start counts";
}

TEST_F(InboxTest, WhatIsDoneKeepsNoTexts) {
  Inbox inbox(InboxOptions{});
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) {
    Received event = command(std::to_string(i), 1);
    event.command.payload.assign(60'000, 'p');
    inbox.received(at(0), std::move(event), Lane{}, actions_);
    std::vector<Write> writes;
    for (int round = 0; round < 2; ++round) {
      inbox.build(at(0), writes, kNoneWaits);
      inbox.settle(at(0), {}, actions_);
      inbox.executed(at(0), {.issuer = "ops",
                             .id = std::to_string(i),
                             .reply = {.status = "ok", .body = std::string(60'000, 'r')}});
    }
    take();
    inbox.take_replies();
  }
  EXPECT_LT(::mallinfo2().uordblks, before + 1'000'000);
}

// A hub that has been off for months: hub time is far ahead of time awake.
Now after_months_off(HubTime awake) {
  using std::chrono::hours;
  return {.hub = hours(9000) + awake, .awake = awake, .wall = HubClock::kSet + awake};
}

TEST_F(InboxTest, TimeOffDoesNotKeepAnIdForLonger) {
  using std::chrono::hours;
  Received event = command("a", 1);
  event.command.expires = HubClock::kSet + hours(11);
  inbox_.received(after_months_off(hours(10)), std::move(event), Lane{}, actions_);
  commit();
  finish("a");
  commit();
  inbox_.prune(after_months_off(hours(34)));
  EXPECT_FALSE(inbox_.has_changes());
  inbox_.prune(after_months_off(hours(36)));
  EXPECT_EQ(all<RemoveCommand>(commit()).size(), 1U);
}

TEST_F(InboxTest, AnIdIsNotKeptForYears) {
  using std::chrono::hours;
  Received event = command("a", 1);
  event.command.expires = HubClock::kSet + hours(24 * 3650);
  receive(std::move(event));
  const auto writes = commit();
  EXPECT_EQ(all<PutCommand>(writes).at(0).row.keep_until, hours(24 * 31));
}

TEST_F(InboxTest, AnIdThatAFileKeepsForYearsIsKeptForADayAndTheLongestLife) {
  using std::chrono::hours;
  inbox_.open(after_months_off(hours(1)), {{.command = {.id = "a", .issuer = "ops"},
                                            .state = CommandState::kDone,
                                            .keep_until = hours(9000)}});
  inbox_.prune(after_months_off(hours(24 * 31)));
  EXPECT_FALSE(inbox_.has_changes());
  inbox_.prune(after_months_off(hours(24 * 31 + 1)));
  EXPECT_TRUE(inbox_.has_changes());
}

TEST_F(InboxTest, ForgetsAnIdOnlyLongAfterItsEnd) {
  Received event = command("a", 1);
  event.command.expires = HubClock::kSet + std::chrono::hours(1);
  receive(std::move(event));
  commit();
  finish("a");
  commit();
  Now far = at(0);
  far.hub = std::chrono::hours(9000);  // a clock that was set wrongly
  far.awake = std::chrono::hours(24);
  inbox_.prune(far);
  EXPECT_FALSE(inbox_.has_changes());
  far.awake = std::chrono::hours(26);
  inbox_.prune(far);
  EXPECT_EQ(all<RemoveCommand>(commit()).size(), 1U);
  EXPECT_EQ(inbox_.size(), 0U);
}

}  // namespace
}  // namespace edge::sync
