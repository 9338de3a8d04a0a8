#include <gtest/gtest.h>

#include "edge/net/mdns/node.h"

namespace edge::mdns {
namespace {

constexpr Interface kLoopback{1, {127, 0, 0, 1}};
constexpr Interface kLan{2, {192, 168, 7, 2}};

NodeSettings listening_at(const char* host) {
  NodeSettings settings;
  settings.port = 50002;
  settings.listen_host = host;
  return settings;
}

TEST(MdnsWay, APortOfThisMachineIsToldToThisMachineOnly) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    for (const Interface& via : {kLoopback, kLan}) {
      const Way way = way_by(via, listening_at(host));
      EXPECT_EQ(way.hops, Hops::kHost);
      EXPECT_EQ(way.shown, kLoopback.address);
    }
  }
}

TEST(MdnsWay, APortOnAllInterfacesIsToldOnEachByItsAddress) {
  for (const char* host : {"", "0.0.0.0", "::"}) {
    EXPECT_EQ(way_by(kLoopback, listening_at(host)).shown, kLoopback.address);
    const Way way = way_by(kLan, listening_at(host));
    EXPECT_EQ(way.shown, kLan.address);
    EXPECT_EQ(way.hops, Hops::kAny);
  }
}

TEST(MdnsWay, APortOfOneAddressIsToldThere) {
  const NodeSettings settings = listening_at("192.168.7.2");
  EXPECT_EQ(way_by(kLan, settings).shown, kLan.address);
  EXPECT_EQ(way_by(kLan, settings).hops, Hops::kAny);
  const Way other = way_by({3, {10, 0, 0, 1}}, settings);
  EXPECT_FALSE(other.shown);
  EXPECT_EQ(other.hops, Hops::kHost) << "a network that cannot call is not asked";
}

TEST(MdnsWay, APortOfIpv6IsNotTold) {
  EXPECT_FALSE(way_by(kLan, listening_at("fe80::1")).shown);
}

TEST(MdnsWay, WithoutAPortNothingIsTold) {
  NodeSettings settings;
  settings.seeking = Seeking::kEverywhere;
  EXPECT_FALSE(way_by(kLan, settings).shown);
  EXPECT_EQ(way_by(kLan, settings).hops, Hops::kAny);
}

TEST(MdnsWay, WhoSeeksEverywhereStillTellsThisMachineOnly) {
  NodeSettings settings = listening_at("127.0.0.1");
  settings.seeking = Seeking::kEverywhere;
  EXPECT_EQ(way_by(kLan, settings).hops, Hops::kAny);
  EXPECT_EQ(way_by(kLan, settings).shown, kLoopback.address);
}

}  // namespace
}  // namespace edge::mdns
