#include "edge/net/mqtt/packet_filter.h"

#include <gtest/gtest.h>

namespace edge::mqtt {
namespace {

std::string packet(unsigned char first, const std::string& body) {
  std::string bytes(1, static_cast<char>(first));
  std::size_t left = body.size();
  do {
    const auto digit = static_cast<unsigned char>(left & 0x7F);
    left >>= 7;
    bytes += static_cast<char>(left > 0 ? digit | 0x80 : digit);
  } while (left > 0);
  return bytes + body;
}

const std::string kPingresp = packet(0xD0, "");
const std::string kPuback = packet(0x40, std::string("\x01\x02", 2));

std::string publish(const std::string& topic, const std::string& payload) {
  std::string body = {static_cast<char>(topic.size() >> 8), static_cast<char>(topic.size() & 0xFF)};
  return packet(0x32, body + topic + std::string("\x12\x34", 2) + payload);
}

// Gives the stream in pieces of `size` bytes.
std::string pass(PacketFilter& filter, const std::string& stream, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += size) {
    EXPECT_TRUE(filter.filter(std::string_view(stream).substr(at, size), out));
  }
  return out;
}

TEST(MqttPacketFilter, AcknowledgementsAreTakenOut) {
  const std::string message = publish("topic", std::string(300, 'x'));
  const std::string stream = kPuback + kPingresp + message + kPuback + kPuback + message;
  for (const std::size_t size : {1, 2, 3, 7, 4096}) {
    AckFilter filter;
    EXPECT_EQ(pass(filter, stream, size), kPingresp + message + message) << size;
  }
}

TEST(MqttPacketFilter, AMessageOverTheLimitIsSkippedAndNamed) {
  const std::string small = publish("small", "x");
  const std::string large = publish("large", std::string(100'000, 'x'));
  for (const std::size_t size : {1, 5, 1000, 1'000'000}) {
    SizeFilter filter(1000);
    EXPECT_EQ(pass(filter, small + large + kPingresp + small, size), small + kPingresp + small);
    const auto oversize = filter.take_oversize();
    ASSERT_EQ(oversize.size(), 1U);
    EXPECT_EQ(oversize[0].topic, "large");
    EXPECT_EQ(oversize[0].mid, 0x1234);
    EXPECT_EQ(oversize[0].qos, 1);
    EXPECT_EQ(oversize[0].size_bytes, 2U + 5 + 2 + 100'000);
    EXPECT_TRUE(filter.take_oversize().empty());
  }
}

TEST(MqttPacketFilter, AnOversizePacketOfAnotherKindIsAnError) {
  SizeFilter filter(10);
  std::string out;
  const Status filtered = filter.filter(packet(0x90, std::string(11, 'x')), out);
  ASSERT_FALSE(filtered);
  EXPECT_NE(filtered.error().message.find("11 bytes"), std::string::npos);
}

TEST(MqttPacketFilter, AnOversizePacketThatEndsWithinItsTopicIsDropped) {
  SizeFilter filter(3);
  const std::string cut = packet(0x30, std::string("\x00\xff", 2) + "abcd");
  EXPECT_EQ(pass(filter, cut + kPingresp, 1), kPingresp);
  EXPECT_TRUE(filter.take_oversize().empty());
}

TEST(MqttPacketFilter, ALengthOfFiveBytesIsMalformed) {
  AckFilter filter;
  std::string out;
  EXPECT_FALSE(filter.filter("\x30\xff\xff\xff\xff\x01", out));
}

}  // namespace
}  // namespace edge::mqtt
