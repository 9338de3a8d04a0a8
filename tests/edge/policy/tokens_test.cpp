#include "edge/policy/tokens.h"

#include <gtest/gtest.h>

namespace edge::policy {
namespace {

TEST(TokenTable, KnowsWhoseTokenItIs) {
  TokenTable tokens;
  EXPECT_EQ(tokens.owner("x"), "");
  tokens.add("red", "lamp");
  tokens.add("blue", "speaker");
  EXPECT_EQ(tokens.owner("red"), "lamp");
  EXPECT_EQ(tokens.owner("blue"), "speaker");
  EXPECT_EQ(tokens.owner("re"), "");
  EXPECT_EQ(tokens.owner("Red"), "");
  EXPECT_TRUE(tokens.owns_one("lamp"));
  EXPECT_FALSE(tokens.owns_one("camera"));
}

}  // namespace
}  // namespace edge::policy
