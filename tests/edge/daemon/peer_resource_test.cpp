#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string peer_with(std::string_view spec) {
  return "apiVersion: edgelane.dev/v1\nkind: Peer\nmetadata: {name: hall}\nspec:\n" +
         std::string(spec);
}

TEST(PeerResource, EveryFieldIsRead) {
  const auto resources = read_text(
      peer_with("  url: https://hall.local:3500\n  token: {value: t}\n  rootCA: {value: c}\n"
                "  apps: [{app: door}, {app: lamp, lane: gray}]\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  const Peer& peer = resources->peers.at(0);
  EXPECT_EQ(peer.name, "hall");
  EXPECT_EQ(peer.url, "https://hall.local:3500");
  EXPECT_EQ(peer.token.value().text, "t");
  EXPECT_EQ(peer.root_ca.value().text, "c");
  ASSERT_EQ(peer.apps.size(), 2U);
  EXPECT_EQ(peer.apps[0].instance(), "door");
  EXPECT_EQ(peer.apps[1].instance(), "lamp@gray");
  EXPECT_NE(resources->fixed_fingerprint, 0U) << "a change starts the hub again";
}

TEST(PeerResource, AnInternalPortIsCalledWithoutIdentity) {
  const auto resources = read_text(peer_with("  url: grpc://[::1]:50002\n  apps: [{app: door}]\n"));
  ASSERT_TRUE(resources) << resources.error().message;
  EXPECT_TRUE(resources->peers.at(0).is_internal());
  EXPECT_THAT(fault_of(peer_with("  url: grpc://hall\n  apps: [{app: door}]\n")),
              HasSubstr("grpc:// with host and port"));
  EXPECT_THAT(fault_of(peer_with("  url: grpc://hall:1\n  token: {value: t}\n"
                                 "  apps: [{app: door}]\n")),
              HasSubstr("spec.token: cannot be used with grpc://"));
}

TEST(PeerResource, FaultsNameFileLineAndField) {
  EXPECT_THAT(fault_of(peer_with("  apps: [{app: door}]\n")), HasSubstr("spec.url: missing"));
  EXPECT_THAT(fault_of(peer_with("  url: hall:3500\n  apps: [{app: door}]\n")),
              StartsWith("a.yaml:5: spec.url: expected http:// or https:// and a host"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall/x\n  apps: [{app: door}]\n")),
              StartsWith("a.yaml:5: spec.url: expected"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall\n")), HasSubstr("spec.apps: missing"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall\n  apps: [{app: \"a b\"}]\n")),
              StartsWith("a.yaml:6: spec.apps[0].app: expected"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall\n  apps: [{app: a, lane: Gray}]\n")),
              HasSubstr("a.yaml:6: spec.apps[0].lane: expected a lower-case letter"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall\n  apps: [{app: a}, {app: a}]\n")),
              HasSubstr("the app \"a\" is defined already at a.yaml:6"));
  EXPECT_THAT(fault_of(peer_with("  url: http://hall\n  apps: [{app: a}]\n"
                                 "  token: {secretKeyRef: {name: s}}\n")),
              HasSubstr("auth.secretStore: missing, and spec.token refers to a secret"));
}

}  // namespace
}  // namespace edge::daemon
