#include "edge/policy/lanes/lane_table.h"

#include <gtest/gtest.h>

#include "edge/net/tls/hmac.h"

namespace edge::policy {
namespace {

LaneId lane(std::string_view name) {
  return LaneId::parse(name).value();
}

WhiteListRule exact(std::string_view name, std::string id) {
  WhiteListRule rule;
  rule.lane = lane(name);
  rule.exact = {std::move(id)};
  return rule;
}

// "gray by user".
std::string shown(const LaneContext& context) {
  return std::string(context.lane.view()) + " by " + std::string(to_text(context.source));
}

class LaneTableTest : public ::testing::Test {
 protected:
  LaneTableTest() {
    for (const char* name : {"inh", "usr", "dev", "app", "hub"}) table_.add({.id = lane(name)});
    table_.add({.id = lane("strict"), .mode = LaneMode::kStrict});
    table_.add({.id = lane("closed"), .inherited = false});
    table_.user_key = "key";
    table_.user_tag = tls::user_tag;
    table_.users.add(exact("usr", tls::user_tag("key", "ann")));
    table_.devices.add(exact("dev", "lamp-1"));
    table_.devices.add(exact("base", "pinned"));
  }

  LaneTable table_;
};

TEST_F(LaneTableTest, TheFirstThatSaysSomethingDecides) {
  LaneQuestion question{"inh", "ann", "lamp-1", lane("app"), lane("hub")};
  EXPECT_EQ(shown(table_.decide(question)), "inh by inherited");
  question.inherited.reset();
  EXPECT_EQ(shown(table_.decide(question)), "usr by user");
  question.user = "bob";
  EXPECT_EQ(shown(table_.decide(question)), "dev by device");
  question.device = "lamp-2";
  EXPECT_EQ(shown(table_.decide(question)), "app by app");
  question.app = LaneId();
  EXPECT_EQ(shown(table_.decide(question)), "hub by hub");
  question.hub = LaneId();
  EXPECT_EQ(shown(table_.decide(question)), "base by default");
}

TEST_F(LaneTableTest, TheBaselineIsADecisionToo) {
  EXPECT_EQ(shown(table_.decide({"base", "ann", "", {}, lane("hub")})), "base by inherited");
  EXPECT_EQ(shown(table_.decide({{}, "", "pinned", lane("app"), {}})), "base by device");
  EXPECT_TRUE(table_.decide({{}, "", "pinned", {}, {}}).travels());
  EXPECT_FALSE(table_.decide({}).travels());
}

TEST_F(LaneTableTest, ALaneThatIsNotKnownIsTheBaselineAndIsNotDecidedAgain) {
  for (const char* name : {"ghost", "No Lane", ""}) {
    const LaneContext context = table_.decide({name, "ann", "lamp-1", lane("app"), {}});
    EXPECT_EQ(shown(context), "base by inherited") << name;
    EXPECT_FALSE(context.known);
  }
  EXPECT_FALSE(table_.decide({{}, "", "", {}, lane("ghost")}).known);
}

TEST_F(LaneTableTest, ALaneThatIsNotInheritedIsDecidedAnew) {
  EXPECT_EQ(shown(table_.decide({"closed", "", "lamp-1", {}, {}})), "dev by device");
  EXPECT_EQ(shown(table_.decide({{}, "", "", lane("closed"), {}})), "closed by app");
}

TEST_F(LaneTableTest, TheModeIsTheLanes) {
  EXPECT_EQ(table_.decide({"strict", "", "", {}, {}}).mode, LaneMode::kStrict);
  EXPECT_EQ(table_.decide({"inh", "", "", {}, {}}).mode, LaneMode::kPermissive);
}

TEST_F(LaneTableTest, AUserIsKnownByTheTagAlone) {
  EXPECT_EQ(shown(table_.decide({{}, tls::user_tag("key", "ann"), "", {}, {}})), "base by default");
  table_.user_key = "another";
  EXPECT_EQ(shown(table_.decide({{}, "ann", "", {}, {}})), "base by default");
}

TEST_F(LaneTableTest, ACallerIsBelievedItsLaneUnlessTheRulesSayElse) {
  table_.trust("gateway", {.lane = false, .user = true, .device = false});
  EXPECT_TRUE(table_.trust_in("lamp").lane);
  EXPECT_FALSE(table_.trust_in("lamp").user);
  EXPECT_FALSE(table_.trust_in("gateway").lane);
  EXPECT_TRUE(table_.trust_in("gateway").user);
}

TEST(DeviceTopic, FindsTheDevice) {
  const auto topic = DeviceTopic::parse("mqtt", "sensors/{device}/+").value();
  EXPECT_EQ(topic.device_in("sensors/lamp-1/up"), "lamp-1");
  for (const char* other : {"sensors/lamp-1", "sensors/lamp-1/up/x", "other/lamp-1/up", "", "/"}) {
    EXPECT_EQ(topic.device_in(other), "") << other;
  }
  const auto deep = DeviceTopic::parse("mqtt", "+/{device}/#").value();
  EXPECT_EQ(deep.device_in("a/b"), "b");
  EXPECT_EQ(deep.device_in("a/b/c/d"), "b");
  EXPECT_EQ(deep.device_in("a//c"), "");
  EXPECT_EQ(deep.device_in("a"), "");
  EXPECT_EQ(DeviceTopic::parse("mqtt", "{device}").value().device_in("x"), "x");
}

TEST(DeviceTopic, RefusesPatternsThatNameNoDevice) {
  for (const char* bad : {"", "sensors/+", "{device}/{device}", "a/{device}x", "#/{device}",
                          "a+/{device}", "{device}/#/b"}) {
    EXPECT_FALSE(DeviceTopic::parse("mqtt", bad)) << bad;
  }
}

}  // namespace
}  // namespace edge::policy
