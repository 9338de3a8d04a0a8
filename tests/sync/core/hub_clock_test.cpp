#include "sync/core/hub_clock.h"

#include <gtest/gtest.h>

namespace edge::sync {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Moment moment(Duration mono, WallTime wall) {
  return {TimePoint(mono), wall};
}

TEST(HubClock, FollowsTheMonotonicClockWhateverTheWallClockDoes) {
  HubClock clock;
  clock.open({}, moment(hours(5), WallTime()));
  EXPECT_EQ(clock.read(moment(hours(5) + seconds(3), WallTime())).hub, seconds(3));
  const Now set = clock.read(moment(hours(5) + seconds(4), HubClock::kSet + hours(1)));
  EXPECT_EQ(set.hub, seconds(4));
  EXPECT_TRUE(set.wall.has_value());
  EXPECT_EQ(clock.read(moment(hours(5) + seconds(5), HubClock::kSet + hours(9000))).hub,
            seconds(5));
  EXPECT_FALSE(clock.read(moment(hours(5) + seconds(6), WallTime())).wall.has_value());
}

TEST(HubClock, AddsTheTimeThatItWasOffWhenTheClockIsSet) {
  HubClock clock;
  const ClockMark last{.hub = hours(10), .awake = hours(8), .wall = HubClock::kSet + hours(100)};
  clock.open(last, moment(seconds(0), WallTime()));
  EXPECT_EQ(clock.read(moment(seconds(10), WallTime())).hub, hours(10) + seconds(10));
  const Now now = clock.read(moment(seconds(20), HubClock::kSet + hours(103)));
  EXPECT_EQ(now.hub, hours(13));
  EXPECT_EQ(now.awake, hours(8) + seconds(20));
}

TEST(HubClock, AClockSetBackTakesNothingAway) {
  HubClock clock;
  clock.open({.hub = hours(10), .wall = HubClock::kSet + hours(100)},
             moment(seconds(0), HubClock::kSet + hours(2)));
  EXPECT_EQ(clock.read(moment(seconds(1), HubClock::kSet + hours(2))).hub, hours(10) + seconds(1));
}

TEST(HubClock, ARunWithoutAClockDoesNotLoseTheTimeBefore) {
  const ClockMark first{.hub = hours(1), .wall = HubClock::kSet + hours(50)};
  HubClock unset;
  unset.open(first, moment(seconds(0), WallTime()));
  const Now now = unset.read(moment(hours(2), WallTime()));
  HubClock later;
  later.open(unset.mark(now), moment(seconds(0), HubClock::kSet + hours(60)));
  EXPECT_EQ(later.read(moment(seconds(0), HubClock::kSet + hours(60))).hub, hours(11));
}

}  // namespace
}  // namespace edge::sync
