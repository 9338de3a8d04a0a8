#include "sync/core/pace.h"

#include <gtest/gtest.h>

namespace edge::sync {
namespace {

using std::chrono::milliseconds;

TEST(Pace, LetsABurstGoAndThenTheRate) {
  Pace pace(10, 3);
  int gone = 0;
  while (pace.try_take(milliseconds(1000))) ++gone;
  EXPECT_EQ(gone, 3);
  EXPECT_EQ(pace.next(), milliseconds(1100));
  EXPECT_FALSE(pace.try_take(milliseconds(1099)));
  EXPECT_TRUE(pace.try_take(milliseconds(1100)));
  for (int ms = 1200; ms <= 11'100; ms += 1) gone += pace.try_take(milliseconds(ms)) ? 1 : 0;
  EXPECT_EQ(gone, 103);
}

TEST(Pace, WithoutALimitAllMayGo) {
  Pace pace(0, 1);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pace.try_take(milliseconds(5)));
}

}  // namespace
}  // namespace edge::sync
