#include "edge/daemon/uplink/hub_lane_ways.h"

#include <gtest/gtest.h>

namespace edge::daemon {
namespace {

policy::LaneSpec lane(std::string_view id, std::string prefix, std::vector<std::string> consumers) {
  policy::LaneSpec spec;
  spec.id = policy::LaneId::parse(id).value_or(policy::LaneId());
  spec.uplink_prefix = std::move(prefix);
  spec.consumers = std::move(consumers);
  return spec;
}

class HubLaneWaysTest : public testing::Test {
 protected:
  HubLaneWaysTest() {
    auto table = std::make_shared<policy::LaneTable>();
    table->add(lane("gray", "team/gray/", {"orders", "alarms/#"}));
    table->add(lane("blue", "", {}));
    lanes_.configure(std::move(table));
  }

  blocks::Lanes lanes_;
  HubLaneWays ways_{lanes_};
};

TEST_F(HubLaneWaysTest, ALaneHasItsPrefixOrItsName) {
  EXPECT_EQ(ways_.prefix("gray"), "team/gray/");
  EXPECT_EQ(ways_.prefix("blue"), "blue/");
  EXPECT_EQ(ways_.prefix("base"), "");
  EXPECT_EQ(ways_.prefix("unknown"), "unknown/");
}

TEST_F(HubLaneWaysTest, APrefixIsThatOfOneLane) {
  EXPECT_EQ(ways_.lane_at("team/gray/"), "gray");
  EXPECT_EQ(ways_.lane_at("blue/"), "blue");
  EXPECT_EQ(ways_.lane_at(""), "base");
  EXPECT_EQ(ways_.lane_at("gray/"), std::nullopt) << "it has another one";
  EXPECT_EQ(ways_.lane_at("blue"), std::nullopt);
}

TEST_F(HubLaneWaysTest, ALaneTakesWhatItsConsumersListOrAll) {
  EXPECT_TRUE(ways_.takes("gray", "orders"));
  EXPECT_TRUE(ways_.takes("gray", "alarms/fire"));
  EXPECT_FALSE(ways_.takes("gray", "floor/1"));
  EXPECT_TRUE(ways_.takes("blue", "floor/1"));
  EXPECT_TRUE(ways_.takes("base", "floor/1"));
}

}  // namespace
}  // namespace edge::daemon
