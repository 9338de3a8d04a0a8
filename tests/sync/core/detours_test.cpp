// What becomes of messages that the cloud does not take.
#include "sync/core/detours.h"

#include "tests/sync/core/engine_fixture.h"

namespace edge::sync::test {
namespace {

class Detour : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    open();
    commit();
    connect();
  }
};

TEST_F(Detour, WhatNobodyTakesGoesByTheBaselineOnceAndKeepsItsStamp) {
  publish("shop", "gray");
  ASSERT_EQ(sent("shop").size(), 1U);
  EXPECT_EQ(sent("shop")[0].way, Way::kLane);
  give_back(sent("shop")[0], Return::kUnclaimed);
  ASSERT_EQ(sent("shop").size(), 2U);
  const SendRow again = sent("shop")[1];
  EXPECT_EQ(again.way, Way::kBase);
  EXPECT_EQ(again.row->id, sent("shop")[0].row->id);
  EXPECT_EQ(again.row->lane.id, "gray");
  acknowledge(again);
  publish("shop", "gray");
  EXPECT_EQ(sent("shop").back().way, Way::kBase) << "it is remembered";
  acknowledge(sent("shop").back());
  pass(Detours::kByBase);
  publish("shop", "gray");
  EXPECT_EQ(sent("shop").back().way, Way::kLane) << "for a while";
}

TEST_F(Detour, WhatIsOnItsWayToTheLaneIsDecidedFirst) {
  for (int i = 0; i < 3; ++i) publish("shop", "gray");
  const auto first = sent("shop");
  ASSERT_EQ(first.size(), 3U);
  give_back(first[1], Return::kUnclaimed);
  EXPECT_EQ(sent("shop").size(), 3U) << "the first one is on its way by the lane";
  acknowledge(first[0]);
  EXPECT_EQ(sent("shop").size(), 4U) << "there is somebody, so it is sent there again";
  EXPECT_EQ(sent("shop")[3].row->row, first[1].row->row);
}

TEST_F(Detour, AQuotaHoldsEverythingUpAndLosesNothing) {
  publish("shop", "base");
  give_back(sent("shop")[0], Return::kBusy);
  publish("lamp", "base");
  EXPECT_EQ(sent("shop").size() + sent("lamp").size(), 1U);
  pass(seconds(1));
  EXPECT_EQ(sent("shop").size(), 2U);
  acknowledge(sent("lamp").back());
  for (int i = 0; i < 100; ++i) {
    give_back(sent("shop").back(), Return::kBusy);
    pass(seconds(60));
  }
  EXPECT_EQ(sent("shop").size(), 102U);
  EXPECT_TRUE(all<PutGap>(commit()).empty());
}

TEST_F(Detour, WhatIsForbiddenAtATopicIsGivenUpAfterAWhileAndAccountedFor) {
  publish("shop", "base");
  const std::size_t before = sent("shop").size();
  give_back(sent("shop").back(), Return::kForbidden);
  EXPECT_EQ(sent("shop").size(), before) << "not at once";
  for (int i = 0; i < 10; ++i) {
    pass(seconds(31));
    if (sent("shop").size() > before) give_back(sent("shop").back(), Return::kForbidden);
  }
  const auto gaps = all<PutGap>(commit());
  ASSERT_FALSE(gaps.empty());
  EXPECT_EQ(gaps[0].gap.why, Loss::kRefused);
  EXPECT_EQ(gaps[0].gap.count, 1U);
}

TEST_F(Detour, OtherTopicsDoNotWaitForOneThatIsForbidden) {
  publish("shop", "base");
  give_back(sent("shop")[0], Return::kForbidden);
  Message other = message(Class::kEvent, "lamp");
  other.topic = "other";
  handle(Enqueue{.ticket = 0, .message = std::move(other)});
  commit();
  EXPECT_EQ(sent("lamp").size(), 1U);
  EXPECT_EQ(sent("shop").size(), 1U);
  acknowledge(sent("lamp")[0]);
  pass(seconds(2));
  EXPECT_EQ(sent("shop").size(), 2U);
}

}  // namespace
}  // namespace edge::sync::test
