#include "edge/policy/baggage.h"

#include <gtest/gtest.h>

namespace edge::policy {
namespace {

TEST(Baggage, TakesListsOfMembersWithProperties) {
  EXPECT_TRUE(check_baggage(""));
  EXPECT_TRUE(check_baggage("lane=gray"));
  EXPECT_TRUE(check_baggage("lane=gray;gen=7, user = a%20b ;meta;x=y"));
  EXPECT_TRUE(check_baggage("k="));
}

TEST(Baggage, RefusesWhatIsNoList) {
  for (const char* bad :
       {"lane", "=x", "a b=c", "k=\"v\"", "k=v,,k=w", "k=a\\b", "k=\x01", ";p=1", "k=v;=w"}) {
    const auto checked = check_baggage(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
  }
}

TEST(Baggage, IsBoundedInBytesAndMembers) {
  EXPECT_TRUE(check_baggage("k=" + std::string(kMaxBaggageBytes - 2, 'v')));
  EXPECT_FALSE(check_baggage("k=" + std::string(kMaxBaggageBytes - 1, 'v')));
  std::string members = "a=b";
  for (std::size_t i = 1; i < kMaxBaggageMembers; ++i) members += ",a=b";
  EXPECT_TRUE(check_baggage(members));
  EXPECT_FALSE(check_baggage(members + ",a=b"));
}

}  // namespace
}  // namespace edge::policy
