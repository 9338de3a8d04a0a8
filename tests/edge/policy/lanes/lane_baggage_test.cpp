#include "edge/policy/lanes/lane_baggage.h"

#include <gtest/gtest.h>

namespace edge::policy {
namespace {

TEST(LaneBaggage, FindsTheLane) {
  EXPECT_EQ(lane_in_baggage("lane=gray"), "gray");
  EXPECT_EQ(lane_in_baggage("a=1, lane = gray ;gen=3,b=2"), "gray");
  EXPECT_EQ(lane_in_baggage("lane="), "");
  EXPECT_FALSE(lane_in_baggage(""));
  EXPECT_FALSE(lane_in_baggage("xlane=gray,lanes=b,a=lane"));
}

TEST(LaneBaggage, TakesEveryLaneOut) {
  EXPECT_EQ(without_lane("lane=gray"), "");
  EXPECT_EQ(without_lane("a=1;p,lane=x;gen=3,b=2, lane=y"), "a=1;p,b=2");
  EXPECT_EQ(without_lane("a=1"), "a=1");
}

TEST(LaneBaggage, PutsOneLaneIn) {
  const LaneId gray = LaneId::parse("gray").value();
  EXPECT_EQ(with_lane("", gray), "lane=gray");
  EXPECT_EQ(with_lane("lane=blue,a=1", gray), "a=1,lane=gray");
  EXPECT_EQ(with_lane("a=1", LaneId()), "a=1,lane=base");
}

}  // namespace
}  // namespace edge::policy
