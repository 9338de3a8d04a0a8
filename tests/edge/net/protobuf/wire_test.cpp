#include "edge/net/protobuf/wire.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::protobuf {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  append_varint(out, value);
  return out;
}

// "1=5 2='ab'", and " malformed" at the end where it is.
std::string shown(std::string_view message) {
  Fields fields(message);
  std::string text;
  while (fields.next()) {
    text += (text.empty() ? "" : " ") + std::to_string(fields.number()) + "=";
    if (fields.kind() == Kind::kVarint) {
      text += std::to_string(fields.varint());
    } else {
      text += "'" + std::string(fields.bytes()) + "'";
    }
  }
  return fields.malformed() ? text + " malformed" : text;
}

TEST(ProtobufWireTest, VarintsAreAsInTheStandard) {
  EXPECT_EQ(varint(0), std::string(1, '\0'));
  EXPECT_EQ(varint(127), "\x7f");
  EXPECT_EQ(varint(300), "\xac\x02");
  EXPECT_EQ(varint(UINT64_MAX), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(ProtobufWireTest, WhatIsWrittenIsRead) {
  std::string message;
  append_varint_field(message, 1, 5);
  append_bytes_field(message, 2, "ab");
  append_varint_field(message, 536'870'911, UINT64_MAX);
  append_bytes_field(message, 3, "");
  EXPECT_EQ(shown(message), "1=5 2='ab' 536870911=18446744073709551615 3=''");
}

TEST(ProtobufWireTest, FixedSizesAreSkipped) {
  EXPECT_EQ(shown("\x0d"
                  "abcd"
                  "\x11"
                  "abcdefgh"
                  "\x18\x07"),
            "1='abcd' 2='abcdefgh' 3=7");
}

TEST(ProtobufWireTest, GroupsAreSkipped) {
  EXPECT_EQ(shown("\x08\x01\x13\x14\x18\x02"), "1=1 3=2");
  EXPECT_EQ(shown("\x13\x08\x01\x1b\x22\x01z\x1c\x14\x18\x02"), "3=2");
  EXPECT_EQ(shown("\x13\x08\x01\x14"), "");
  EXPECT_EQ(shown("\x13\x08\x01"), " malformed");      // no end
  EXPECT_EQ(shown("\x14"), " malformed");              // no beginning
  EXPECT_EQ(shown("\x13\x1b\x14\x1c"), " malformed");  // another's end
  EXPECT_EQ(shown("\x13\x22\x05z\x14"), " malformed");
  EXPECT_EQ(shown(std::string(100, '\x13') + std::string(100, '\x14')), "");
  EXPECT_EQ(shown(std::string(101, '\x13') + std::string(101, '\x14')), " malformed");
}

TEST(ProtobufWireTest, WhatIsMalformedEnds) {
  EXPECT_EQ(shown("\x08\x01\x12\x05"
                  "ab"),
            "1=1 malformed");  // shorter than it says
  EXPECT_EQ(shown("\x08"), " malformed");
  EXPECT_EQ(shown("\x08\xff"), " malformed");
  EXPECT_EQ(shown(std::string(1, '\0')), " malformed");  // number 0
  EXPECT_EQ(shown("\x0f"), " malformed");                // kind 7
  EXPECT_EQ(shown("\x08" + std::string(11, '\xff')), " malformed");
  EXPECT_EQ(shown("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), " malformed");
}

}  // namespace
}  // namespace edge::protobuf
