#include "edge/net/mdns/message.h"

#include <gtest/gtest.h>

#include "tests/edge/net/mdns/fake_link.h"

namespace edge::mdns {
namespace {

constexpr Ipv4 kAddress{192, 0, 2, 7};

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

// A header of a response with so many records, and them.
std::string response(int records, const std::string& body) {
  return bytes({0, 0, 0x84, 0, 0, 0, 0, records, 0, 0, 0, 0}) + body;
}

TEST(MdnsMessage, AServiceIsToldWhole) {
  const Service lamp = service("lamp");
  const auto message = parse(print_service(lamp, kAddress));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Kind::kResponse);
  ASSERT_EQ(message->records.size(), 3U) << "the text is of no use to us";
  const Record& pointer = message->records[0];
  EXPECT_EQ(pointer.type, Type::kPtr);
  EXPECT_EQ(pointer.name, std::string("\4lamp\5local\0", 12));
  EXPECT_EQ(pointer.target, lamp.instance);
  EXPECT_EQ(pointer.seconds, 120U);
  EXPECT_EQ(message->records[1].type, Type::kSrv);
  EXPECT_EQ(message->records[1].name, lamp.instance);
  EXPECT_EQ(message->records[1].target, lamp.host);
  EXPECT_EQ(message->records[1].port, 50002);
  EXPECT_EQ(message->records[2].type, Type::kA);
  EXPECT_EQ(message->records[2].address, kAddress);
}

TEST(MdnsMessage, TheTextIsTheNameAsInDapr) {
  const std::string packet = print_service(service("lamp"), kAddress);
  EXPECT_NE(packet.find(bytes({0, 16, 0x80, 1, 0, 0, 0, 120, 0, 5, 4}) + "lamp"),
            std::string::npos);
}

TEST(MdnsMessage, AGoodbyeEndsAllOfAService) {
  const auto message = parse(print_goodbye(service("lamp")));
  ASSERT_TRUE(message);
  ASSERT_EQ(message->records.size(), 2U);
  for (const Record& record : message->records) EXPECT_EQ(record.seconds, 0U);
}

TEST(MdnsMessage, AQuestionIsAnsweredToAll) {
  const std::string packet = print_question(name_of({"lamp", "local"}));
  EXPECT_EQ(packet, bytes({0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + bytes({4}) + "lamp" + bytes({5}) +
                        "local" + bytes({0, 0, 12, 0, 1}));
  const Message message = parsed(packet);
  EXPECT_EQ(message.kind, Kind::kQuery);
  ASSERT_EQ(message.questions.size(), 1U);
  EXPECT_EQ(message.questions[0].type, Type::kPtr);
}

TEST(MdnsMessage, NamesArePointedAt) {
  // lamp.local PTR x.<at 12>
  const std::string name = bytes({4}) + "lamp" + bytes({5}) + "local" + bytes({0});
  const std::string data = bytes({1}) + "x" + bytes({0xc0, 12});
  const auto message = parse(response(
      1, name + bytes({0, 12, 0, 1, 0, 0, 0, 9, 0, static_cast<int>(data.size())}) + data));
  ASSERT_TRUE(message);
  ASSERT_EQ(message->records.size(), 1U);
  EXPECT_EQ(message->records[0].target, name_of({"x", "lamp", "local"}));
}

TEST(MdnsMessage, PointersThatLeadNowhereAreRefused) {
  const std::string rest = bytes({0, 12, 0, 1, 0, 0, 0, 9, 0, 0});
  EXPECT_FALSE(parse(response(1, bytes({0xc0, 12}) + rest))) << "at itself";
  EXPECT_FALSE(parse(response(1, bytes({0xc0, 14, 0xc0, 12}) + rest))) << "in a circle";
  EXPECT_FALSE(parse(response(1, bytes({0xff, 0xff}) + rest))) << "past the end";
  EXPECT_FALSE(parse(response(1, bytes({0x80, 0}) + rest))) << "no pointer, no length";
}

TEST(MdnsMessage, WhatIsCutIsRefused) {
  const std::string packet = print_service(service("lamp"), kAddress);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(parse(packet.substr(0, size))) << size;
  }
}

TEST(MdnsMessage, LongNamesAndManyRecordsAreRefused) {
  std::string name;
  for (int i = 0; i < 5; ++i) name += bytes({63}) + std::string(63, 'a');
  EXPECT_FALSE(parse(response(1, name + bytes({0, 0, 12, 0, 1, 0, 0, 0, 9, 0, 0}))));
  EXPECT_FALSE(parse(bytes({0, 0, 0x84, 0, 0, 0, 1, 1, 0, 0, 0, 0}) + std::string(9000, '\0')));
  EXPECT_FALSE(parse(bytes({0, 0, 0, 0, 0, 65, 0, 0, 0, 0, 0, 0}) + std::string(9000, '\0')));
}

TEST(MdnsMessage, DataMustFillItsLength) {
  const std::string name = bytes({1}) + "x" + bytes({0});
  const auto message =
      parse(response(2, name + bytes({0, 1, 0, 1, 0, 0, 0, 9, 0, 5, 1, 2, 3, 4, 5}) + name +
                            bytes({0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4})));
  ASSERT_TRUE(message);
  ASSERT_EQ(message->records.size(), 1U) << "the first is no address";
  EXPECT_EQ(message->records[0].address, (Ipv4{1, 2, 3, 4}));
}

TEST(MdnsMessage, NamesHaveNoCase) {
  EXPECT_TRUE(same_name(name_of({"Lamp", "local"}), name_of({"lamp", "LOCAL"})));
  EXPECT_TRUE(is_child(name_of({"hub:7", "lamp", "local"}), name_of({"Lamp", "local"})));
  EXPECT_FALSE(is_child(name_of({"lamp", "local"}), name_of({"lamp", "local"})));
  EXPECT_FALSE(is_child(name_of({"a", "b", "lamp", "local"}), name_of({"lamp", "local"})));
  EXPECT_FALSE(is_child("", name_of({"lamp", "local"})));
}

}  // namespace
}  // namespace edge::mdns
