#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/daemon/resources/resolve.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using sync::Class;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// `more` begins in line 7.
std::string uplink_with(std::string_view more, std::string_view url = "mqtt://broker") {
  return "apiVersion: edgelane.dev/v1\nkind: Uplink\nmetadata: {name: cloud}\nspec:\n  url: " +
         std::string(url) + "\n  hub: hub42\n" + std::string(more);
}

TEST(UplinkResource, EveryFieldIsRead) {
  const auto resources = read_text(uplink_with(R"(  username: ann
  password: {value: secret}
  caCert: {value: PEM1}
  clientCert: {value: PEM2}
  clientKey: {secretKeyRef: {name: uplink, key: key}}
  maxReconnectInterval: 30s
  drainRate: 200
  topics:
    - {pubsub: pubsub, topic: "alarms/#", class: alarm}
    - {pubsub: pubsub, topic: floor/+/power, class: telemetry, ttl: 24h}
  limits:
    alarm: {messages: 100, bytes: 1Mi}
    event: {onFull: reject-new}
    telemetry: {messages: 7, onFull: drop-oldest}
  assignLanes: true
  signingKeys: {value: PEM3}
  mqttVersion: 3.1.1
auth: {secretStore: secretstore}
)",
                                               "mqtts://broker:8884"));
  ASSERT_TRUE(resources) << resources.error().message;
  const Uplink& uplink = *resources->uplink;
  EXPECT_EQ(uplink.name, "cloud");
  EXPECT_EQ(uplink.url, "mqtts://broker:8884");
  EXPECT_EQ(uplink.hub, "hub42");
  EXPECT_EQ(uplink.username, "ann");
  EXPECT_EQ(uplink.password->text, "secret");
  EXPECT_EQ(uplink.ca_cert->text, "PEM1");
  EXPECT_EQ(uplink.client_cert->text, "PEM2");
  EXPECT_EQ(uplink.client_key->secret, "uplink");
  EXPECT_EQ(uplink.signing_keys->text, "PEM3");
  EXPECT_FALSE(uplink.mqtt5);
  EXPECT_EQ(uplink.secret_store, "secretstore");
  EXPECT_EQ(uplink.max_reconnect_interval, std::chrono::seconds(30));
  EXPECT_EQ(uplink.drain_rate, 200);
  EXPECT_TRUE(uplink.assign_lanes);
  ASSERT_EQ(uplink.topics.size(), 2U);
  EXPECT_EQ(uplink.topics[0].filter, "alarms/#");
  EXPECT_EQ(uplink.topics[0].cls, Class::kAlarm);
  EXPECT_EQ(uplink.topics[1].cls, Class::kTelemetry);
  EXPECT_EQ(uplink.topics[1].ttl, std::chrono::hours(24));
  const auto& limits = uplink.limits;
  EXPECT_EQ(limits[0].max_rows, 100);
  EXPECT_EQ(limits[0].max_bytes, 1 << 20);
  EXPECT_EQ(limits[1].on_full, sync::OnFull::kRejectNew);
  EXPECT_EQ(limits[2].max_rows, 7);
  EXPECT_EQ(limits[2].on_full, sync::OnFull::kDropOldest);
}

TEST(UplinkResource, AFewLinesAreEnough) {
  const auto resources = read_text(uplink_with(""));
  ASSERT_TRUE(resources) << resources.error().message;
  const Uplink& uplink = *resources->uplink;
  EXPECT_FALSE(uplink.assign_lanes);
  EXPECT_TRUE(uplink.mqtt5);
  EXPECT_TRUE(uplink.topics.empty());
  EXPECT_EQ(uplink.limits[0].on_full, sync::OnFull::kRejectNew);
  EXPECT_GT(uplink.limits[0].max_rows, 0);
  EXPECT_EQ(uplink.max_reconnect_interval, std::chrono::minutes(5));
}

TEST(UplinkResource, FaultsNameFileLineAndField) {
  const auto fault = [](std::string_view more) { return fault_of(uplink_with(more)); };
  EXPECT_THAT(fault_of(uplink_with("", "http://x")),
              StartsWith("a.yaml:5: spec.url: must begin with mqtt://"));
  EXPECT_THAT(
      fault_of("apiVersion: edgelane.dev/v1\nkind: Uplink\nmetadata: {name: c}\nspec: {}\n"),
      HasSubstr("spec.hub: missing"));
  EXPECT_THAT(fault_of("apiVersion: edgelane.dev/v1\nkind: Uplink\nmetadata: {name: c}\nspec: "
                       "{url: mqtt://b, hub: a/b}\n"),
              StartsWith("a.yaml:4: spec.hub: the hub's id 'a/b'"));
  EXPECT_THAT(fault("  topics: [{pubsub: p, topic: a#, class: alarm}]\n"),
              StartsWith("a.yaml:7: spec.topics[0].topic: expected '+'"));
  EXPECT_THAT(fault("  topics: [{pubsub: p, topic: a, class: alert}]\n"),
              HasSubstr("spec.topics[0].class: expected alarm, event or telemetry, got \"alert\""));
  EXPECT_THAT(fault("  topics: [{topic: a, class: alarm}]\n"), HasSubstr("spec.topics[0].pubsub"));
  EXPECT_THAT(fault("  limits: {alarm: {onFull: drop-oldest}}\n"),
              HasSubstr("spec.limits.alarm.onFull: alarms are not dropped for room"));
  EXPECT_THAT(fault("  limits: {event: {onFull: later}}\n"), HasSubstr("spec.limits.event.onFull"));
  EXPECT_THAT(fault("  limits: {event: {bytes: 1}}\n"), HasSubstr("spec.limits.event.bytes"));
  EXPECT_THAT(fault("  limits: {event: {messages: 0}}\n"), HasSubstr("spec.limits.event.messages"));
  EXPECT_THAT(fault("  limits: {events: {messages: 1}}\n"), HasSubstr("did you mean event?"));
  EXPECT_THAT(fault("  mqttVersion: 4\n"), HasSubstr("spec.mqttVersion"));
  EXPECT_THAT(fault("  assignLane: true\n"), HasSubstr("did you mean assignLanes?"));
  EXPECT_THAT(fault("  maxReconnectInterval: 1ms\n"), HasSubstr("spec.maxReconnectInterval"));
}

TEST(UplinkResource, CertificatesAndSecretsFitTogether) {
  EXPECT_THAT(fault_of(uplink_with("  caCert: {value: x}\n")),
              HasSubstr("spec.url: is not encrypted while there are certificates"));
  EXPECT_THAT(fault_of(uplink_with("  clientCert: {value: x}\n", "mqtts://b")),
              HasSubstr("clientCert and clientKey go together"));
  EXPECT_THAT(fault_of(uplink_with("  password: {secretKeyRef: {name: a, key: b}}\n")),
              HasSubstr("auth.secretStore: missing, and spec.password refers to a secret"));
  EXPECT_THAT(fault_of(uplink_with("  password: secret\n")), HasSubstr("spec.password"));
}

TEST(UplinkResource, AHubHasOne) {
  EXPECT_THAT(fault_of(uplink_with("---\n") + uplink_with("")),
              HasSubstr("a hub has one Uplink, and there is one already at a.yaml:1"));
}

TEST(UplinkResource, AChangeNeedsANewStart) {
  const auto first = read_text(uplink_with(""));
  const auto other = read_text(uplink_with("  assignLanes: true\n"));
  ASSERT_TRUE(first && other);
  EXPECT_NE(first->fixed_fingerprint, other->fixed_fingerprint);
}

TEST(UplinkResource, VariablesAreFilledIn) {
  auto resources = read_text(uplink_with("  password: {envRef: BROKER_PASSWORD}\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  const auto lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name == "BROKER_PASSWORD") return "secret";
    return std::nullopt;
  };
  ASSERT_TRUE(resolve_env(*resources, lookup));
  EXPECT_EQ(resources->uplink->password->text, "secret");
}

}  // namespace
}  // namespace edge::daemon
