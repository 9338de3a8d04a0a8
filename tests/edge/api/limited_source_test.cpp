#include "edge/api/http/limited_source.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"

namespace edge::api {
namespace {

TEST(LimitedSource, PassesWhatFits) {
  TextSource text("four");
  LimitedSource limited(text, 4);
  EXPECT_EQ(limited.take_ready(), "four");
  EXPECT_TRUE(limited.finished());
  EXPECT_FALSE(limited.exceeded());
}

TEST(LimitedSource, FailsOnOneByteTooMany) {
  SimLoop loop;
  TextSource text("fives");
  LimitedSource limited(text, 4);
  EXPECT_EQ(limited.take_ready(), "");
  EXPECT_FALSE(limited.finished());
  EXPECT_TRUE(limited.exceeded());
  const auto read = run(loop, limited.read(Ctx::background()));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kResourceExhausted);
}

}  // namespace
}  // namespace edge::api
