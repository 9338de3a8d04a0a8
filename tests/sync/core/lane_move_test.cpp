#include <algorithm>

#include <gtest/gtest.h>

#include "edge/base/random.h"
#include "sync/core/lane_switch.h"
#include "tests/sync/core/fixture.h"

namespace edge::sync::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// An engine whose store takes each commit when the test says so, and whose cloud is there.
class LaneMove : public testing::Test {
 protected:
  void SetUp() override { engine_.emplace(EngineOptions{}, random_); }

  void open(LaneState lane = {}, std::optional<Move> hub = {}) {
    Opened opened{.stored = {}, .hub = std::move(hub)};
    opened.stored.meta.epoch = 1;
    opened.stored.lane = std::move(lane);
    handle(std::move(opened));
  }
  void handle(Event event) {
    const WallTime wall = HubClock::kSet + hours(1) + now_.time_since_epoch();
    for (Action& action : engine_->handle({now_, wall}, std::move(event))) {
      actions_.push_back(std::move(action));
    }
  }
  // All that the store has been asked for is done; what it wrote.
  std::vector<Write> commit() {
    std::vector<Write> writes;
    while (true) {
      const auto commits = all<Commit>(actions_);
      if (commits.empty()) return writes;
      std::erase_if(actions_, [](const auto& one) { return std::holds_alternative<Commit>(one); });
      for (const Commit& one : commits) std::ranges::copy(one.writes, std::back_inserter(writes));
      for (std::size_t i = 0; i < commits.size(); ++i) handle(Committed{});
    }
  }
  void pass(HubTime time) {
    now_ += time;
    handle(Tick{});
  }
  void publish(std::string source, std::string lane) {
    Message one = message(Class::kEvent, std::move(source));
    one.lane = Lane{std::move(lane), 0};
    handle(Enqueue{.ticket = 0, .message = std::move(one)});
    commit();
  }
  void connect() {
    pass(seconds(2));
    const auto connects = all<Connect>(actions_);
    ASSERT_FALSE(connects.empty());
    handle(Connected{connects.back().connection, 16});
    handle(Subscribed{connects.back().connection});
    connection_ = connects.back().connection;
    commit();
  }
  void acknowledge_all() {
    for (const auto& one : all<SendRow>(actions_)) {
      handle(Acked{connection_, {Token::Kind::kRow, one.row->message->cls, one.row->row}});
    }
    pass(seconds(2));
    commit();
  }
  std::vector<std::string> subscribed() {
    const auto found = all<Subscribe>(actions_);
    return found.empty() ? std::vector<std::string>() : found.back().lanes;
  }
  std::vector<SendRow> sent(const std::string& source) {
    auto rows = all<SendRow>(actions_);
    std::erase_if(rows, [&](const SendRow& one) { return one.row->message->source != source; });
    return rows;
  }

  SeededRandom random_{7};
  std::optional<Engine> engine_;
  TimePoint now_{seconds(1)};
  Actions actions_;
  Connection connection_ = 0;
};

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

TEST_F(LaneMove, WhatTheCloudTakesBackIsSaid) {
  open();
  commit();
  connect();
  handle(Assigned{connection_, 1, {.lane = {"gray", 5}}});
  commit();
  handle(Prepared{5, {}});
  commit();
  handle(Prepared{5, Error{Code::kNotFound, "no configuration"}});
  commit();
  const auto entered = all<EnterLane>(actions_);
  ASSERT_EQ(entered.size(), 2U);
  EXPECT_EQ(entered[0].lane, (Lane{"gray", 5}));
  EXPECT_EQ(entered[1].lane, (Lane{"base", 0}));
  EXPECT_EQ(entered[1].undone, 5U);
}

}  // namespace
}  // namespace edge::sync::test
