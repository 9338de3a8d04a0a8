#include <algorithm>

#include <gmock/gmock.h>

#include "sync/core/lane_switch.h"
#include "tests/sync/core/engine_fixture.h"

namespace edge::sync::test {
namespace {

class LaneMove : public EngineTest {};

TEST_F(LaneMove, TheCommandsOfBothLanesAreTakenUntilTheDrainIsDone) {
  open();
  commit();
  connect();
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"base"}));
  handle(Moved{{.lane = "gray"}});
  EXPECT_EQ(engine_->status().lane.id, "base") << "not before the store knows it";
  commit();
  EXPECT_EQ(engine_->status().lane, (Lane{"gray", 0}));
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"gray", "base"}));
  acknowledge_all();
  EXPECT_EQ(engine_->status().phase, LanePhase::kProbation);
  acknowledge_all();
  pass(seconds(61));
  commit();
  EXPECT_EQ(engine_->status().phase, LanePhase::kActive);
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"gray"}));
  EXPECT_EQ(all<SendPresence>(actions_).back().lane.id, "gray");
  EXPECT_EQ(all<SendLaneReport>(actions_).back().status, "active");
}

TEST_F(LaneMove, WhatWaitsKeepsItsLaneHoweverLongItTakes) {
  open();
  commit();
  publish("shop", "base");
  handle(Moved{{.lane = "gray"}});
  commit();
  pass(hours(24 * 30));
  commit();
  EXPECT_EQ(engine_->status().lane.id, "gray") << "a move is not taken back";
  connect();
  ASSERT_EQ(sent("shop").size(), 1U);
  EXPECT_EQ(sent("shop")[0].row->lane.id, "base");
}

TEST_F(LaneMove, RetagIsInTheWriteOfTheMove) {
  open();
  commit();
  publish("shop", "base");
  handle(Moved{{.lane = "gray", .drain = DrainMode::kRetag}});
  const auto writes = commit();
  const auto is_move = [](const Write& one) { return std::holds_alternative<PutLane>(one); };
  ASSERT_EQ(std::ranges::count_if(writes, is_move), 1);
  EXPECT_EQ(std::get<PutLane>(*std::ranges::find_if(writes, is_move)).state.phase,
            LanePhase::kProbation)
      << "nothing is left to be stamped after a crash";
  EXPECT_EQ(all<RetagRows>(writes).size(), kClasses);
  connect();
  ASSERT_EQ(sent("shop").size(), 1U);
  EXPECT_EQ(sent("shop")[0].row->lane.id, "gray");
  EXPECT_EQ(sent("shop")[0].row->lane_from, "base");
}

TEST_F(LaneMove, AMoveThatTheStoreDoesNotKnowIsMadeAtTheStart) {
  open({}, Move{.lane = "gray"});
  const auto writes = commit();
  ASSERT_EQ(all<PutLane>(writes).size(), 1U);
  EXPECT_EQ(all<PutMeta>(writes).size(), 1U) << "with the first write";
  EXPECT_EQ(engine_->status().lane.id, "gray");
}

TEST_F(LaneMove, MovesThatComeTogetherAreMadeOneAfterTheOther) {
  open();
  commit();
  publish("shop", "base");
  for (const char* lane : {"gray", "blue"}) {
    handle(Moved{{.lane = lane, .drain = DrainMode::kRetag}});
  }
  commit();
  EXPECT_EQ(engine_->status().lane.id, "blue");
  connect();
  ASSERT_EQ(sent("shop").size(), 1U);
  EXPECT_EQ(sent("shop")[0].row->lane.id, "blue");
}

TEST_F(LaneMove, TheCommandsOfEveryLaneAreTakenUntilItsMessagesAreGone) {
  open();
  commit();
  connect();
  publish("shop", "base");
  for (const char* lane : {"gray", "blue"}) {
    handle(Moved{{.lane = lane}});
    commit();
  }
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"blue", "gray", "base"}));
  const LaneState stored = all<PutLane>(written_).back().state;
  EXPECT_EQ(stored.left.size(), 1U) << "a start takes them, too";
  pass(seconds(61));
  commit();
  EXPECT_EQ(subscribed().size(), 3U) << "the messages wait";
  connect();
  for (int i = 0; i < 4; ++i) acknowledge_all();
  for (int i = 0; i < 2; ++i) {
    pass(seconds(61));
    commit();
  }
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"blue"}));
}

TEST_F(LaneMove, TheLanesThatWereLeftAreKnownAtTheNextStart) {
  LaneState state{.lane = {"blue", 0}, .previous = {"gray", 0}, .left = {{"base", seconds(5)}}};
  state.phase = LanePhase::kProbation;
  state.pending.lane = state.lane;
  state.deadline = hours(1);
  open(state);
  commit();
  connect();
  EXPECT_EQ(subscribed(), (std::vector<std::string>{"blue", "gray", "base"}));
}

TEST_F(LaneMove, AnAssignmentThatWasBeingPreparedIsOver) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"blue", 5}}});
  commit();
  handle(Moved{{.lane = "gray"}});
  commit();
  handle(Prepared{5, Error{Code::kNotFound, "no"}});
  commit();
  EXPECT_EQ(engine_->status().lane.id, "gray");
  handle(Assigned{connection_, 2, {.lane = {"blue", 5}}});
  commit();
  EXPECT_EQ(all<Prepare>(actions_).size(), 1U) << "it is not taken up again";
}

TEST_F(LaneMove, AMoveThatWaitsBehindAnAssignmentIsTheLastWord) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"blue", 5}}});
  commit();
  handle(Prepared{5, {}});
  handle(Moved{{.lane = "gray"}});
  commit();
  commit();
  EXPECT_EQ(engine_->status().lane.id, "gray");
  const auto entered = all<EnterLane>(actions_);
  ASSERT_EQ(entered.size(), 2U);
  EXPECT_EQ(entered[0].lane.id, "blue");
  EXPECT_EQ(entered[0].stay, Stay::kPassing);
  EXPECT_EQ(entered[1].lane.id, "gray");
  EXPECT_EQ(entered[1].stay, Stay::kOn);
}

TEST_F(LaneMove, AnAssignmentThatComesTwiceIsTakenUp) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}}});
  handle(Assigned{connection_, 2, {.lane = {"gray", 5}}});  // as it was published and is retained
  handle(Committed{});
  ASSERT_EQ(all<Prepare>(actions_).size(), 1U);
  handle(Prepared{5, {}});
  commit();
  EXPECT_EQ(engine_->status().lane, (Lane{"gray", 5}));
  EXPECT_EQ(all<Acknowledge>(actions_).size(), 2U);
}

TEST_F(LaneMove, AnAssignmentThatHasExpiredIsNotTakenUp) {
  open();
  commit();
  connect();
  const WallTime expires = HubClock::kSet + hours(1);  // the past
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}, .expires = expires}});
  commit();
  EXPECT_TRUE(all<Prepare>(actions_).empty());
  EXPECT_EQ(all<Acknowledge>(actions_).size(), 1U);
  EXPECT_EQ(engine_->status().highest_gen, 0U);
  const auto reports = all<SendLaneReport>(actions_);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].gen, 5U);
  EXPECT_EQ(reports[0].status, "failed");
  EXPECT_THAT(reports[0].detail, testing::HasSubstr("expired"));
  EXPECT_EQ(reports[0].lane.id, "base");
}

TEST_F(LaneMove, AnAssignmentThatExpiresWhileItIsPreparedFails) {
  open();
  commit();
  connect();
  const WallTime expires = HubClock::kSet + hours(1) + seconds(10);
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}, .expires = expires}});
  commit();
  pass(seconds(10));
  handle(Prepared{5, {}});
  commit();
  EXPECT_EQ(engine_->status().lane.id, "base");
  EXPECT_EQ(all<SendLaneReport>(actions_).back().status, "failed");
  EXPECT_THAT(all<SendLaneReport>(actions_).back().detail, testing::HasSubstr("expired"));
}

// The report of a start that finds what the last write said.
SendLaneReport report_of(const std::vector<Write>& written) {
  SeededRandom random{7};
  Outbox outbox({}, random);
  LaneSwitch lanes({}, outbox);
  lanes.open(at(0), all<PutLane>(written).back().state, {});
  return lanes.report();
}

TEST_F(LaneMove, AnAssignmentThatFailedHasFailedAfterTheNextStart) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}}});
  commit();
  handle(Prepared{5, Error{Code::kNotFound, "no configuration"}});
  commit();
  EXPECT_EQ(report_of(written_).gen, 5U);
  EXPECT_EQ(report_of(written_).status, "failed");
  EXPECT_EQ(report_of(written_).detail, "no configuration");
  handle(Assigned{connection_, 2, {.lane = {"gray", 6}}});
  commit();
  EXPECT_EQ(report_of(written_).status, "prepare");
  handle(Prepared{6, {}});
  commit();
  handle(Prepared{6, Error{Code::kNotFound, "it is gone"}});
  commit();
  EXPECT_EQ(report_of(written_).status, "rolledback");
  handle(Moved{{.lane = "blue"}});
  commit();
  EXPECT_EQ(report_of(written_).status, "drain");
}

TEST_F(LaneMove, ALaneThatTheCloudTookWhileTheStoreWasBusyIsProven) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}, .probation = seconds(1)}});
  commit();
  handle(Prepared{5, {}});
  handle(Subscribed{connection_});  // before the move is committed
  commit();
  acknowledge_all();
  acknowledge_all();
  pass(seconds(61));
  commit();
  EXPECT_EQ(engine_->status().lane, (Lane{"gray", 5}));
  EXPECT_EQ(all<SendLaneReport>(actions_).back().status, "active");
}

TEST_F(LaneMove, WhatTheCloudTakesBackIsSaid) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}}});
  commit();
  handle(Prepared{5, {}});
  commit();
  handle(Prepared{5, Error{Code::kNotFound, "no configuration"}});
  EXPECT_THAT(subscribed(), testing::IsSupersetOf({"base", "gray"})) << "before it is committed";
  commit();
  const auto entered = all<EnterLane>(actions_);
  ASSERT_EQ(entered.size(), 2U);
  EXPECT_EQ(entered[0].lane, (Lane{"gray", 5}));
  EXPECT_EQ(entered[1].lane, (Lane{"base", 0}));
  EXPECT_EQ(entered[1].undone, 5U);
}

}  // namespace
}  // namespace edge::sync::test
