#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/daemon/resources/resolve.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kGray =
    "apiVersion: edgelane.dev/v1\nkind: Lane\nmetadata: {name: gray}\n---\n";

std::string lane_with(std::string_view spec) {
  return "apiVersion: edgelane.dev/v1\nkind: Lane\nmetadata: {name: blue}\nspec:\n" +
         std::string(spec);
}

// `spec` begins in line 9.
std::string rules_with(std::string_view spec) {
  return std::string(kGray) +
         "apiVersion: edgelane.dev/v1\nkind: LaneRules\nmetadata: {name: home}\nspec:\n" +
         std::string(spec);
}

TEST(LaneResource, EveryFieldIsRead) {
  const auto resources = read_text(lane_with(
      "  {mode: strict, allowInherit: false, secretsFallback: true, uplinkPrefix: blue/,\n"
      "   consumers: [telemetry/#], expires: \"2030-01-31T00:00:00Z\"}\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  const policy::LaneSpec& spec = resources->lanes.at(0).spec;
  EXPECT_EQ(spec.id.view(), "blue");
  EXPECT_EQ(spec.mode, policy::LaneMode::kStrict);
  EXPECT_FALSE(spec.inherited);
  EXPECT_TRUE(spec.secrets_fallback);
  EXPECT_TRUE(spec.declared);
  EXPECT_EQ(spec.uplink_prefix, "blue/");
  EXPECT_EQ(spec.consumers, std::vector<std::string>{"telemetry/#"});
  EXPECT_EQ(spec.expires, WallTime(std::chrono::sys_days(std::chrono::January / 31 / 2030)));
}

TEST(LaneResource, FaultsNameFileLineAndField) {
  EXPECT_THAT(fault_of(lane_with("  mode: hard\n")), StartsWith("a.yaml:5: spec.mode: expected"));
  EXPECT_THAT(fault_of(lane_with("  uplinkPrefix: e1/gray/\n")),
              HasSubstr("do not begin with e1/"));
  EXPECT_THAT(fault_of(lane_with("  uplinkPrefix: a#\n")),
              HasSubstr("a.yaml:5: spec.uplinkPrefix"));
  EXPECT_THAT(fault_of(lane_with("  consumers: [a/#/b]\n")), HasSubstr("spec.consumers"));
  EXPECT_THAT(fault_of(lane_with("  expires: tomorrow\n")),
              StartsWith("a.yaml:5: spec.expires: expected a time"));
  EXPECT_THAT(fault_of(lane_with("  mod: strict\n")), HasSubstr("did you mean mode?"));
  EXPECT_THAT(fault_of("apiVersion: edgelane.dev/v1\nkind: Lane\nmetadata: {name: base}\n"),
              StartsWith("a.yaml:3: metadata.name: base is the baseline"));
  EXPECT_THAT(fault_of("apiVersion: edgelane.dev/v1\nkind: Lane\nmetadata: {name: Gray}\n"),
              HasSubstr("expected a lower-case letter"));
  EXPECT_THAT(fault_of(std::string(kGray) + std::string(kGray)),
              HasSubstr("the lane \"gray\" is defined already at a.yaml:1"));
}

TEST(LaneRulesResource, EveryFieldIsRead) {
  const auto resources =
      read_text(rules_with(R"(  headers: {lane: X-Tag, user: x-uid, device: x-dev}
  callers:
    - {app: gateway, trust: [user, device]}
    - {app: door, trust: []}
  userKey: {value: key}
  deviceTopics:
    - {pubsub: mqtt, topic: "sensors/{device}/+"}
  devices:
    - {lane: gray, ids: [lamp-1], prefixes: [test-], percent: 2.5, salt: s1, priority: 3}
    - {lane: base, ids: [pinned]}
  users:
    - {lane: gray, tags: [0123456789abcdef0123456789ABCDEF], percent: 10}
)"));
  ASSERT_TRUE(resources) << resources.error().message;
  const LaneRules& rules = *resources->lane_rules;
  EXPECT_EQ(rules.headers.lane, "x-tag");
  EXPECT_EQ(rules.headers.user, "x-uid");
  ASSERT_EQ(rules.callers.size(), 2u);
  EXPECT_TRUE(rules.callers[0].second.user);
  EXPECT_FALSE(rules.callers[0].second.lane);
  EXPECT_FALSE(rules.callers[1].second.device);
  EXPECT_EQ(rules.user_key->text, "key");
  EXPECT_EQ(rules.device_topics.at(0).device_in("sensors/a/b"), "a");
  const policy::WhiteListRule& device = rules.devices.at(0).rule;
  EXPECT_EQ(device.lane.view(), "gray");
  EXPECT_EQ(device.priority, 3);
  EXPECT_EQ(device.exact, std::vector<std::string>{"lamp-1"});
  EXPECT_EQ(device.prefixes, std::vector<std::string>{"test-"});
  EXPECT_EQ(device.share->per_ten_thousand, 250u);
  EXPECT_EQ(device.share->salt, "s1");
  EXPECT_TRUE(rules.devices.at(1).rule.lane.is_base());
  EXPECT_EQ(rules.users.at(0).rule.exact.at(0), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(rules.users.at(0).rule.share->salt, "gray");
}

TEST(LaneRulesResource, FaultsNameFileLineAndField) {
  const auto fault = [](std::string_view spec) { return fault_of(rules_with(spec)); };
  EXPECT_THAT(fault("  headers: {lane: baggage}\n"), StartsWith("a.yaml:9: spec.headers.lane"));
  EXPECT_THAT(fault("  headers: {lane: x-user-id}\n"), HasSubstr("three different names"));
  EXPECT_THAT(fault("  callers: [{app: a, trust: [all]}]\n"),
              HasSubstr("spec.callers[0].trust: expected lane, user or device, got \"all\""));
  EXPECT_THAT(fault("  callers: [{app: a}]\n"), HasSubstr("spec.callers[0].trust: missing"));
  EXPECT_THAT(fault("  callers: [{app: a, trust: []}, {app: a, trust: []}]\n"),
              HasSubstr("listed already"));
  EXPECT_THAT(fault("  deviceTopics: [{pubsub: m, topic: a/+}]\n"),
              HasSubstr("spec.deviceTopics[0].topic: expected a topic with one level"));
  EXPECT_THAT(fault("  devices: [{lane: gray}]\n"), HasSubstr("matches nobody"));
  EXPECT_THAT(fault("  devices: [{ids: [a]}]\n"), HasSubstr("spec.devices[0].lane: missing"));
  EXPECT_THAT(fault("  devices: [{lane: gry, ids: [a]}]\n"),
              StartsWith("a.yaml:9: spec.devices[0].lane: there is no lane \"gry\"; did you mean "
                         "gray?"));
  for (const char* percent : {"-1", "101", "x", "1.234", "nan", ""}) {
    EXPECT_THAT(fault(std::string("  devices: [{lane: gray, percent: \"") + percent + "\"}]\n"),
                HasSubstr("spec.devices[0].percent"))
        << percent;
  }
  EXPECT_THAT(fault("  devices: [{lane: gray, ids: [a], salt: x}]\n"), HasSubstr("with percent"));
}

TEST(LaneRulesResource, NoUsersIdMayStandInTheFile) {
  const auto fault = [](std::string_view spec) { return fault_of(rules_with(spec)); };
  EXPECT_THAT(fault("  users: [{lane: gray, ids: [ann]}]\n"), HasSubstr("as tags only"));
  const std::string plain =
      fault("  userKey: {value: k}\n  users: [{lane: gray, tags: [ann-1]}]\n");
  EXPECT_THAT(plain, HasSubstr("spec.users[0].tags: expected 32 hexadecimal digits"));
  EXPECT_THAT(plain, ::testing::Not(HasSubstr("ann-1")));
  EXPECT_THAT(fault("  users: [{lane: gray, tags: [0123456789abcdef0123456789abcdef]}]\n"),
              HasSubstr("spec.userKey: missing"));
}

TEST(LaneRulesResource, TheKeyMayBeASecretOrAVariable) {
  EXPECT_THAT(fault_of(rules_with("  userKey: {secretKeyRef: {name: k}}\n")),
              HasSubstr("auth.secretStore: missing"));
  auto resources = read_text(rules_with("  userKey: {envRef: KEY}\n"));
  ASSERT_TRUE(resources);
  EXPECT_FALSE(resolve_env(*resources, environment_of({})));
  ASSERT_TRUE(resolve_env(*resources, environment_of({{"KEY", "k"}})));
  EXPECT_EQ(resources->lane_rules->user_key->text, "k");
}

TEST(LaneRulesResource, AHubHasOne) {
  EXPECT_THAT(fault_of(rules_with("  {}\n---\n") +
                       "apiVersion: edgelane.dev/v1\nkind: LaneRules\nmetadata: {name: b}\n"),
              HasSubstr("one already at a.yaml:5; join the two"));
}

TEST(LaneResource, InstancesOfAnAppAreToldApartByTheirLane) {
  const std::string base =
      "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\nspec: {port: 1}\n---\n";
  const std::string gray =
      "apiVersion: edgelane.dev/v1\nkind: App\nmetadata: {name: lamp}\nspec: {lane: gray}\n---\n";
  const auto resources = read_text(base + gray);
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_EQ(resources->apps.at(0).instance(), "lamp");
  EXPECT_EQ(resources->apps.at(1).instance(), "lamp@gray");
  EXPECT_THAT(fault_of(gray + gray), HasSubstr("\"lamp@gray\" is defined already"));
}

TEST(LaneResource, AChangeOfLanesNeedsNoRestart) {
  const auto one = read_text(kGray);
  const auto other = read_text(lane_with("  mode: strict\n"));
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->fixed_fingerprint, other->fixed_fingerprint);
  EXPECT_NE(one->lanes_fingerprint, other->lanes_fingerprint);
}

}  // namespace
}  // namespace edge::daemon
