#include "components/secretstores/cloud/lease.h"

#include <gtest/gtest.h>

namespace edge::secrets {
namespace {

using namespace std::chrono_literals;

// Both clocks as a test sets them.
class SetClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override { return wall; }
  void pass(Duration time) {
    now_ += time;
    wall += time;
  }
  WallTime wall{1'800'000'000s};

 private:
  TimePoint now_{5s};
};

const LeasePolicy kPolicy = {.refresh = 1h, .max_stale_online = 24h, .max_stale_offline = 720h};

TEST(Lease, LastsLongerWithoutTheCloudThanAgainstItsWill) {
  EXPECT_EQ(standing_of(30min, Heard::kValue, kPolicy), Standing::kFresh);
  EXPECT_EQ(standing_of(2h, Heard::kValue, kPolicy), Standing::kStale);
  EXPECT_EQ(standing_of(24h, Heard::kRefusal, kPolicy), Standing::kStale);
  EXPECT_EQ(standing_of(25h, Heard::kRefusal, kPolicy), Standing::kEnded);
  EXPECT_EQ(standing_of(25h, Heard::kNothing, kPolicy), Standing::kStale);
  EXPECT_EQ(standing_of(720h, Heard::kNothing, kPolicy), Standing::kStale);
  EXPECT_EQ(standing_of(721h, Heard::kNothing, kPolicy), Standing::kEnded);
}

TEST(Lease, NeverLongerAgainstTheCloudsWill) {
  LeasePolicy policy = kPolicy;
  policy.max_stale_offline = 2h;
  EXPECT_EQ(standing_of(3h, Heard::kRefusal, policy), Standing::kEnded);
}

TEST(Lease, IsRenewedATenthMoreOrLessBeforeItEnds) {
  SeededRandom random(1);
  Duration least = 2h;
  Duration most = 0h;
  for (int i = 0; i < 1000; ++i) {
    const Duration pause = refresh_after(kPolicy, random);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, 54min);
  EXPECT_LT(least, 56min);
  EXPECT_LE(most, 66min);
  EXPECT_GT(most, 64min);
  LeasePolicy tight = kPolicy;
  tight.max_stale_offline = 1h;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(refresh_after(tight, random), 1h);
}

TEST(LeaseClock, FollowsAClockThatIsRight) {
  SetClock clock;
  LeaseClock lease;
  lease.start(WallTime(1'700'000'000s), clock);
  EXPECT_EQ(lease.now(clock), clock.wall);
  clock.pass(1h);
  EXPECT_EQ(lease.now(clock), clock.wall);
}

TEST(LeaseClock, CountsTheHoursWhereTheClockStartsIn1970) {
  SetClock clock;
  clock.wall = WallTime(0s);
  LeaseClock lease;
  const WallTime known(1'700'000'000s);
  lease.start(known, clock);
  clock.pass(3h);
  EXPECT_EQ(lease.now(clock), known + 3h);
  clock.wall = WallTime(1'800'000'000s);  // a network came, and with it the time
  EXPECT_EQ(lease.now(clock), clock.wall);
}

TEST(LeaseClock, NeverRunsBackwards) {
  SetClock clock;
  LeaseClock lease;
  lease.start(WallTime(0s), clock);
  const WallTime before = lease.now(clock);
  clock.wall -= 24h;
  EXPECT_EQ(lease.now(clock), before);
  clock.pass(1h);
  EXPECT_EQ(lease.now(clock), before + 1h);
  clock.wall = before + 100h;
  EXPECT_EQ(lease.now(clock), before + 100h);
  clock.wall = before;
  EXPECT_EQ(lease.now(clock), before + 100h);
}

}  // namespace
}  // namespace edge::secrets
