#include "sync/core/outbox.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/sync/core/fixture.h"

namespace edge::sync {
namespace {

using test::all;
using test::at;
using test::message;

class OutboxTest : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void open(const OutboxOptions& options, const Stored& stored = {}, std::uint32_t epoch = 5) {
    outbox_.emplace(options, random_);
    outbox_->open(stored, epoch, actions_);
  }
  void enqueue(Message content, Ticket ticket = 1, Durability wanted = Durability::kCommitted) {
    outbox_->enqueue(at(now_), {ticket, std::move(content), wanted}, Lane{"hub-lane", 3}, actions_);
  }
  std::vector<Write> commit(const Status& status = {}) {
    std::vector<Write> writes;
    outbox_->build(at(now_), writes, actions_);
    outbox_->settle(status, actions_);
    return writes;
  }
  std::vector<SendRow> sent() {
    outbox_->advance(at(now_), actions_);
    return all<SendRow>(take());
  }
  void ack(const RowPtr& row) {
    outbox_->acked(at(now_), {Token::Kind::kRow, row->message->cls, row->row}, actions_);
  }
  Actions take() { return std::exchange(actions_, {}); }

  SeededRandom random_{1};
  Actions actions_;
  std::int64_t now_ = 1000;
  std::optional<Outbox> outbox_;
};

TEST_F(OutboxTest, AnswersWhenCommittedAndNumbersEachStream) {
  enqueue(message(Class::kEvent, "a"), 11);
  enqueue(message(Class::kEvent, "a"), 12);
  enqueue(message(Class::kEvent, "b"), 13);
  EXPECT_TRUE(take().empty());
  const auto rows = all<InsertRow>(commit());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(to_text(rows[1].row->number), "00000005-0000000000000002");
  EXPECT_EQ(rows[2].row->number.seq, 1U);
  EXPECT_EQ(rows[0].row->lane.id, "hub-lane");
  const auto answers = all<Answer>(take());
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].ticket, 11U);
  EXPECT_EQ(answers[0].receipt->id, rows[0].row->id);
}

TEST_F(OutboxTest, RemovesWhatIsAcknowledgedAndConfirmsIt) {
  enqueue(message(Class::kEvent, "a"), 11, Durability::kCloud);
  commit();
  EXPECT_TRUE(all<Answer>(take()).empty());
  outbox_->go_online(at(now_), 1, 16);
  const auto rows = sent();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(all<RemoveRow>(commit()).empty());
  ack(rows[0].row);
  const auto answers = all<Answer>(take());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].receipt->durability, Durability::kCloud);
  EXPECT_EQ(all<RemoveRow>(commit()).size(), 1U);
  EXPECT_EQ(outbox_->totals()[1].rows, 0);
}

TEST_F(OutboxTest, SendsAgainWhatAConnectionTookWithIt) {
  enqueue(message(Class::kEvent, "a"));
  commit();
  outbox_->go_online(at(now_), 1, 16);
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_TRUE(sent().empty());
  outbox_->go_offline();
  outbox_->go_online(at(now_), 2, 16);
  EXPECT_EQ(sent().size(), 1U);
}

TEST_F(OutboxTest, AStreamThatChangesItsLaneWaitsForTheOtherLane) {
  Message first = message(Class::kEvent, "a");
  first.lane = Lane{"gray", 1};
  enqueue(std::move(first));
  enqueue(message(Class::kEvent, "a"));
  enqueue(message(Class::kEvent, "b"));
  commit();
  outbox_->go_online(at(now_), 1, 16);
  const auto rows = sent();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].row->lane.id, "gray");
  EXPECT_EQ(rows[1].row->message->source, "b");
  ack(rows[0].row);
  EXPECT_EQ(sent().at(0).row->lane.id, "hub-lane");
}

TEST_F(OutboxTest, AlarmsGoFirstAndTelemetryIsNotStarved) {
  for (int i = 0; i < 10; ++i) {
    enqueue(message(Class::kTelemetry, "t"));
    enqueue(message(Class::kEvent, "e"));
  }
  enqueue(message(Class::kAlarm, "a"));
  commit();
  outbox_->go_online(at(now_), 1, 11);
  std::string order;
  for (const auto& row : sent()) order += name_of(row.row->message->cls)[0];
  EXPECT_EQ(order, "aeeeeteeeet");
}

TEST_F(OutboxTest, AFullClassRefusesOrDropsItsOldestWithAGap) {
  OutboxOptions options;
  for (auto& limits : options.limits) limits.max_rows = 2;
  open(options);
  for (int i = 1; i <= 4; ++i) enqueue(message(Class::kAlarm, "a"), 10 + i);
  commit();
  const auto answers = all<Answer>(take());
  ASSERT_EQ(answers.size(), 4U);
  int refused = 0;
  for (const auto& answer : answers) refused += answer.receipt ? 0 : 1;
  EXPECT_EQ(refused, 2);
  for (int i = 0; i < 2; ++i) enqueue(message(Class::kEvent, "e"));
  commit();
  for (int i = 0; i < 2; ++i) enqueue(message(Class::kEvent, "e"));
  const auto writes = commit();
  EXPECT_EQ(all<RemoveRow>(writes).size(), 2U);
  const auto gaps = all<PutGap>(writes);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].gap.first.seq, 1U);
  EXPECT_EQ(gaps[0].gap.last.seq, 2U);
  EXPECT_EQ(gaps[0].gap.count, 2U);
}

TEST_F(OutboxTest, WhatTheCloudMayHaveIsDroppedLast) {
  OutboxOptions options;
  for (auto& limits : options.limits) limits.max_rows = 4;
  open(options);
  for (int i = 0; i < 2; ++i) enqueue(message(Class::kEvent, "e"));
  commit();
  outbox_->go_online(at(now_), 1, 16);
  EXPECT_EQ(sent().size(), 2U);
  outbox_->go_offline();
  for (int i = 0; i < 5; ++i) enqueue(message(Class::kEvent, "e"));
  EXPECT_TRUE(all<PutGap>(commit()).empty());
  EXPECT_EQ(all<PutGap>(commit()).size(), 1U);
  const auto gaps = all<PutGap>(commit());
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].gap.first.seq, 3U);
  EXPECT_EQ(gaps[0].gap.count, 3U);
  EXPECT_EQ(outbox_->totals()[1].rows, 4);
}

TEST_F(OutboxTest, WhatTheCloudMayHaveIsDroppedWhereThereIsNoOther) {
  OutboxOptions options;
  for (auto& limits : options.limits) limits.max_rows = 2;
  open(options);
  for (int i = 0; i < 2; ++i) enqueue(message(Class::kEvent, "e"));
  commit();
  outbox_->go_online(at(now_), 1, 16);
  EXPECT_EQ(sent().size(), 2U);
  outbox_->go_offline();
  enqueue(message(Class::kEvent, "e"), 7);
  const auto gaps = all<PutGap>(commit());
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].gap.first.seq, 1U);
  EXPECT_TRUE(all<Answer>(take()).back().receipt);
}

TEST_F(OutboxTest, TotalsThatCountWhatIsNotThereKeepNothingOut) {
  Stored stored;
  stored.totals[index_of(Class::kEvent)] = {2, 900, 2};
  OutboxOptions options;
  for (auto& limits : options.limits) limits.max_rows = 2;
  open(options, stored);
  outbox_->scanned({.cls = Class::kEvent, .streams = std::vector<Scanned::Stream>()});
  enqueue(message(Class::kEvent, "e"), 7);
  outbox_->advance(at(now_), actions_);
  outbox_->loaded(at(now_),
                  {.cls = Class::kEvent, .rows = std::vector<RowPtr>(), .complete = true});
  const auto totals = all<PutTotals>(commit());
  ASSERT_EQ(totals.size(), 1U);
  EXPECT_EQ(totals[0].totals.rows, 1);
  EXPECT_EQ(outbox_->totals()[1].rows, 1);
  EXPECT_TRUE(all<Answer>(take()).back().receipt);
}

TEST_F(OutboxTest, WhatExpiresLeavesAGapThatIsSentOnceItIsMarked) {
  Message brief = message(Class::kEvent, "e");
  brief.ttl = HubTime(100);
  enqueue(std::move(brief));
  commit();
  now_ += 100;
  outbox_->go_online(at(now_), 1, 16);
  outbox_->advance(at(now_), actions_);
  EXPECT_TRUE(all<SendRow>(actions_).empty());
  EXPECT_TRUE(all<SendGap>(actions_).empty());
  const auto gaps = all<PutGap>(commit());
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_TRUE(gaps[0].gap.sent);
  EXPECT_EQ(gaps[0].gap.why, Loss::kExpired);
  take();
  outbox_->advance(at(now_), actions_);
  ASSERT_EQ(all<SendGap>(take()).size(), 1U);
  outbox_->acked(at(now_), {Token::Kind::kGap, Class::kEvent, gaps[0].gap.id}, actions_);
  EXPECT_EQ(all<RemoveGap>(commit()).size(), 1U);
  EXPECT_EQ(outbox_->gaps(), 0U);
}

Message brief(std::string source) {
  Message one = message(Class::kEvent, std::move(source));
  one.ttl = HubTime(100);
  return one;
}

// The cloud knows records by their ids, and the store forgets those that it has.
TEST_F(OutboxTest, AGapRecordHasAnIdThatNoEarlierStartHasUsed) {
  std::set<std::int64_t> ids;
  for (const std::uint32_t epoch : {5U, 6U, 0xFFFFFFFFU}) {
    open({}, {}, epoch);
    enqueue(brief("e"));
    commit();
    now_ += 100;
    outbox_->advance(at(now_), actions_);
    const auto gaps = all<PutGap>(commit());
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_GT(gaps[0].gap.id, 0);
    EXPECT_TRUE(ids.insert(gaps[0].gap.id).second);
  }
}

TEST_F(OutboxTest, WhatExpiresWaitsWhereThereAreTooManyGapRecords) {
  OutboxOptions options;
  options.max_gaps = 2;
  open(options);
  for (const char* source : {"a", "b", "c", "b", "c"}) enqueue(brief(source));
  commit();
  now_ += 100;
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(all<PutGap>(commit()).size(), 2U);
  EXPECT_EQ(outbox_->totals()[1].rows, 2)
      << "of c; the second one of b is in the record of the first";
  outbox_->go_online(at(now_), 1, 16);
  EXPECT_TRUE(sent().empty()) << "what has expired is not sent";
  commit();
  outbox_->advance(at(now_), actions_);
  const auto gaps = all<SendGap>(take());
  ASSERT_EQ(gaps.size(), 2U);
  for (const SendGap& one : gaps) {
    outbox_->acked(at(now_), {Token::Kind::kGap, Class::kEvent, one.gap.id}, actions_);
  }
  commit();
  EXPECT_TRUE(sent().empty());
  const auto puts = all<PutGap>(commit());
  ASSERT_EQ(puts.size(), 1U);
  EXPECT_EQ(puts[0].gap.count, 2U);
  EXPECT_EQ(outbox_->totals()[1].rows, 0);
}

TEST_F(OutboxTest, ARefusalSaysThatThereAreTooManyGapRecords) {
  OutboxOptions options;
  options.max_gaps = 1;
  options.limits[1].max_rows = 2;
  open(options);
  for (const char* source : {"a", "b", "c", "d"}) {
    enqueue(message(Class::kEvent, source));
    commit();
  }
  const auto answers = all<Answer>(take());
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(answers[2].receipt);
  ASSERT_FALSE(answers.back().receipt);
  EXPECT_NE(answers.back().receipt.error().message.find("gap records"), std::string::npos)
      << answers.back().receipt.error().message;
  EXPECT_EQ(outbox_->gaps(), 1U);
}

TEST_F(OutboxTest, AFullDiskGivesNumbersBackAndMakesRoomWithTelemetry) {
  for (int i = 0; i < 20; ++i) enqueue(message(Class::kTelemetry, "t"));
  commit();
  take();
  enqueue(message(Class::kAlarm, "a"), 77);
  commit(Error{Code::kResourceExhausted, "full"});
  EXPECT_TRUE(take().empty());
  const auto writes = commit();
  EXPECT_EQ(all<RemoveRow>(writes).size(), 16U);
  EXPECT_EQ(all<PutGap>(writes).size(), 1U);
  const auto rows = all<InsertRow>(commit());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].row->number.seq, 1U);
  EXPECT_EQ(all<Answer>(take()).at(0).ticket, 77U);
}

TEST_F(OutboxTest, AFailedCommitBeginsANewEpoch) {
  enqueue(message(Class::kEvent, "e"), 1);
  commit(Error{Code::kUnavailable, "input/output error"});
  EXPECT_FALSE(all<Answer>(take()).at(0).receipt.has_value());
  enqueue(message(Class::kEvent, "e"), 2);
  EXPECT_EQ(all<InsertRow>(commit()).at(0).row->number, (Number{6, 1}));
}

}  // namespace
}  // namespace edge::sync
