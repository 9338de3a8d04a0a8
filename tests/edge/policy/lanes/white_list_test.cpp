#include "edge/policy/lanes/white_list.h"

#include <gtest/gtest.h>

#include "edge/net/tls/hmac.h"

namespace edge::policy {
namespace {

LaneId lane(std::string_view name) {
  return LaneId::parse(name).value();
}

WhiteListRule rule(std::string_view name, int priority = 0) {
  WhiteListRule made;
  made.lane = lane(name);
  made.priority = priority;
  return made;
}

std::string found(const WhiteList& list, std::string_view id) {
  const auto lane = list.find(id, id);
  return lane ? std::string(lane->view()) : "";
}

TEST(LaneId, TakesWhatIsALanesName) {
  for (const char* name : {"gray", "a", "team-7", "abcdefghijklmnop"}) {
    const auto id = LaneId::parse(name);
    ASSERT_TRUE(id) << name;
    EXPECT_EQ(id->view(), name);
    EXPECT_FALSE(id->is_base());
  }
  for (const char* name : {"", "Gray", "7a", "-a", "a_b", "abcdefghijklmnopq", "gray ", "gr\xc3"}) {
    EXPECT_FALSE(LaneId::parse(name)) << name;
  }
  EXPECT_TRUE(lane("base").is_base());
  EXPECT_EQ(lane("base"), LaneId());
  EXPECT_EQ(LaneId().view(), "base");
}

TEST(WhiteList, AnExactIdComesBeforeAPrefixBeforeAShare) {
  WhiteList list;
  WhiteListRule everybody = rule("blue");
  everybody.share = Share{"s", 10'000};
  list.add(everybody);
  WhiteListRule prefix = rule("gray");
  prefix.prefixes = {"lamp-"};
  list.add(prefix);
  WhiteListRule exact = rule("red", 9);
  exact.exact = {"lamp-7"};
  list.add(exact);
  EXPECT_EQ(found(list, "lamp-7"), "red");
  EXPECT_EQ(found(list, "lamp-8"), "gray");
  EXPECT_EQ(found(list, "door"), "blue");
}

TEST(WhiteList, TheLongestPrefixWins) {
  WhiteList list;
  for (const char* name : {"a", "abcd", "ab", "abc"}) {
    WhiteListRule one = rule(std::string("l") + name);
    one.prefixes = {name};
    list.add(one);
  }
  EXPECT_EQ(found(list, "abcx"), "labc");
  EXPECT_EQ(found(list, "abcd"), "labcd");
  EXPECT_EQ(found(list, "ab"), "lab");
  EXPECT_EQ(found(list, "axyz"), "la");
  EXPECT_EQ(found(list, "xab"), "");
  EXPECT_EQ(found(list, ""), "");
}

TEST(WhiteList, AmongEqualsTheSmallerPriorityWinsThenTheFirst) {
  WhiteList list;
  for (const auto& [name, priority] : {std::pair{"late", 5}, {"first", 1}, {"second", 1}}) {
    WhiteListRule one = rule(name, priority);
    one.exact = {"x"};
    one.prefixes = {"p"};
    one.share = Share{"salt", 10'000};
    list.add(one);
  }
  EXPECT_EQ(found(list, "x"), "first");
  EXPECT_EQ(found(list, "p1"), "first");
  EXPECT_EQ(found(list, "other"), "first");
}

TEST(WhiteList, AnEmptyPrefixIsEverybody) {
  WhiteList list;
  WhiteListRule one = rule("gray");
  one.prefixes = {""};
  list.add(one);
  EXPECT_EQ(found(list, "anything"), "gray");
  EXPECT_EQ(found(list, ""), "gray");
}

// Other hubs and later versions must agree: these values never change.
TEST(WhiteList, SharesAreTheSameForever) {
  EXPECT_EQ(share_of("blue-1", "lamp-1"), 3669u);
  EXPECT_EQ(share_of("blue-1", "lamp-2"), 5737u);
  EXPECT_EQ(share_of("", ""), 4608u);
}

TEST(WhiteList, SharesHoldTheirPartAndSaltsAreIndependent) {
  WhiteList list;
  WhiteListRule five = rule("gray");
  five.share = Share{"s1", 500};
  list.add(five);
  int in_list = 0;
  int in_both = 0;
  constexpr int kIds = 100'000;
  for (int i = 0; i < kIds; ++i) {
    const std::string id = "device-" + std::to_string(i);
    if (found(list, id).empty()) continue;
    ++in_list;
    if (share_of("s2", id) < 500) ++in_both;
  }
  EXPECT_NEAR(in_list, kIds * 0.05, kIds * 0.003);
  EXPECT_NEAR(in_both, kIds * 0.0025, kIds * 0.0008);
}

// Nobody who was in leaves when a share grows.
TEST(WhiteList, AShareThatGrowsKeepsItsMembers) {
  for (int i = 0; i < 2000; ++i) {
    const std::string id = std::to_string(i);
    const std::uint32_t share = share_of("x", id);
    EXPECT_EQ(share, share_of("x", id));
    EXPECT_LT(share, 10'000u);
  }
}

// Source: RFC 4231 §4.3.
TEST(UserTag, IsAnHmac) {
  EXPECT_EQ(tls::user_tag("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c7");
}

}  // namespace
}  // namespace edge::policy
