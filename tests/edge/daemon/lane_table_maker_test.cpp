// Lanes and rules that end by themselves.
#include "edge/daemon/lanes/lane_table_maker.h"

#include <gtest/gtest.h>

#include "edge/base/rfc3339.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using policy::LaneId;

constexpr std::string_view kResources = R"(apiVersion: edgelane.dev/v1
kind: Lane
metadata: {name: gray}
spec: {expires: "2030-01-02T00:00:00Z", uplinkPrefix: team/gray/}
---
apiVersion: edgelane.dev/v1
kind: Lane
metadata: {name: blue}
---
apiVersion: edgelane.dev/v1
kind: App
metadata: {name: lamp}
spec: {port: 9101, lane: gray}
---
apiVersion: edgelane.dev/v1
kind: LaneRules
metadata: {name: home}
spec:
  devices:
    - {lane: blue, ids: [s1], expires: "2030-01-01T00:00:00Z"}
    - {lane: gray, ids: [s1, s2]}
    - {lane: blue, prefixes: [t-], expires: "2030-01-03T01:00:00+01:00"}
)";

class LaneTableMakerTest : public testing::Test {
 protected:
  LaneTableMakerTest() {
    auto read = read_text(kResources);
    EXPECT_TRUE(read) << read.error().message;
    if (read) resources_ = std::move(*read);
  }

  [[nodiscard]] static KnownTime at(std::string_view text) {
    const auto time = parse_rfc3339(text);
    return time ? known_time(*time) : KnownTime();
  }
  [[nodiscard]] std::string lane_of(std::string_view device, KnownTime now) const {
    const auto table = make_lane_table(resources_, now);
    policy::LaneQuestion question;
    question.device = device;
    return std::string(table->decide(question).lane.view());
  }

  Resources resources_;
};

TEST_F(LaneTableMakerTest, ARuleEndsAndTheNextOneCounts) {
  EXPECT_EQ(lane_of("s1", at("2029-12-31T23:59:59Z")), "blue");
  EXPECT_EQ(lane_of("s1", at("2030-01-01T00:00:00Z")), "gray");
  EXPECT_EQ(lane_of("t-9", at("2030-01-02T23:59:59Z")), "blue");
  EXPECT_EQ(lane_of("t-9", at("2030-01-03T00:00:00Z")), "base");
}

TEST_F(LaneTableMakerTest, ALaneEndsForAllWhoAreInIt) {
  const KnownTime before = at("2030-01-01T23:59:59Z");
  const KnownTime after = at("2030-01-02T00:00:00Z");
  EXPECT_EQ(lane_of("s2", before), "gray");
  EXPECT_EQ(lane_of("s2", after), "base");
  const auto table = make_lane_table(resources_, after);
  const LaneId gray = LaneId::parse("gray").value();
  EXPECT_EQ(table->find(gray), nullptr) << "the app's instance does not bring it back";
  policy::LaneQuestion question;
  question.inherited = "gray";
  EXPECT_TRUE(table->decide(question).lane.is_base());
  EXPECT_FALSE(table->decide(question).known);
  question = {};
  question.hub = gray;
  EXPECT_TRUE(table->decide(question).lane.is_base());
  question = {};
  question.app = gray;
  EXPECT_TRUE(table->decide(question).lane.is_base());
  const policy::LaneSpec* spec = table->find_any(gray);
  ASSERT_NE(spec, nullptr) << "messages of it may wait";
  EXPECT_EQ(spec->uplink_prefix, "team/gray/");
  EXPECT_FALSE(table->empty()) << "headers that name it are still taken out";
}

TEST_F(LaneTableMakerTest, WithAClockThatIsNotSetNothingExpires) {
  const KnownTime unset = known_time(WallTime(std::chrono::hours(24)));
  EXPECT_FALSE(unset);
  EXPECT_EQ(lane_of("s1", unset), "blue");
  EXPECT_EQ(expiries_of(resources_, unset).over, 0U);
  EXPECT_TRUE(expiries_of(resources_, unset).is_ahead);
}

TEST_F(LaneTableMakerTest, TheNextToExpireIsTold) {
  const auto first = expiries_of(resources_, at("2029-01-01T00:00:00Z"));
  EXPECT_EQ(first.over, 0U);
  EXPECT_EQ(first.next, at("2030-01-01T00:00:00Z"));
  const auto second = expiries_of(resources_, at("2030-01-02T12:00:00Z"));
  EXPECT_EQ(second.over, 2U);
  EXPECT_EQ(second.next, at("2030-01-03T00:00:00Z"));
  const auto last = expiries_of(resources_, at("2031-01-01T00:00:00Z"));
  EXPECT_EQ(last.over, 3U);
  EXPECT_FALSE(last.is_ahead);
}

}  // namespace
}  // namespace edge::daemon
