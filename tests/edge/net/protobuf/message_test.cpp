#include "edge/net/protobuf/message.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::protobuf {
namespace {

struct Leaf {
  std::string name;
  std::int32_t number = 0;
  void fields(auto& f) {
    f(1, name);
    f(2, number);
  }
  bool operator==(const Leaf&) const = default;
};

struct Tree {
  std::string text;
  std::string data;
  std::int32_t number = 0;
  bool flag = false;
  std::vector<std::string> list;
  Map map;
  Leaf leaf;
  std::optional<Leaf> maybe;
  std::vector<Leaf> leaves;
  void fields(auto& f) {
    f(1, text);
    f.bytes(2, data);
    f(3, number);
    f(4, flag);
    f(5, list);
    f(6, map);
    f(7, leaf);
    f(8, maybe);
    f(9, leaves);
  }
  bool operator==(const Tree&) const = default;
};

Tree whole() {
  return {.text = "灯",
          .data = "\xff\xfe",
          .number = -7,
          .flag = true,
          .list = {"a", "", "c"},
          .map = {{"k", "v"}, {"", "empty"}, {"none", ""}},
          .leaf = {"l", 1},
          .maybe = Leaf{"m", 2},
          .leaves = {{"x", 3}, {}, {"z", INT32_MIN}}};
}

template <class M>
Result<M> read(std::string_view bytes) {
  M message;
  if (auto parsed = parse(bytes, message); !parsed) return parsed.error();
  return message;
}

TEST(ProtobufMessageTest, WhatIsWrittenIsRead) {
  Tree tree = whole();
  const auto again = read<Tree>(print(tree));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, tree);
}

TEST(ProtobufMessageTest, IsTheBytesOfTheStandard) {
  Leaf leaf{"ab", 300};
  EXPECT_EQ(print(leaf),
            "\x0a\x02"
            "ab"
            "\x10\xac\x02");
  leaf.number = -1;
  EXPECT_EQ(print(leaf),
            "\x0a\x02"
            "ab"
            "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  Leaf none;
  EXPECT_EQ(print(none), "");
}

TEST(ProtobufMessageTest, TheLastValueCounts) {
  const auto leaf = read<Leaf>(
      "\x10\x01\x0a\x01"
      "a"
      "\x10\x02\x0a\x01"
      "b");
  ASSERT_TRUE(leaf);
  EXPECT_EQ(*leaf, (Leaf{"b", 2}));
  // Messages are merged.
  const auto tree = read<Tree>(
      "\x3a\x03\x0a\x01"
      "a"
      "\x3a\x02\x10\x05");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->leaf, (Leaf{"a", 5}));
}

TEST(ProtobufMessageTest, WhatIsNotKnownIsSkipped) {
  const auto leaf = read<Leaf>(
      "\x50\x01\x10\x02\x5a\x01"
      "x");
  ASSERT_TRUE(leaf);
  EXPECT_EQ(leaf->number, 2);
  // A number of the message, of another kind.
  const auto other = read<Leaf>(
      "\x08\x01\x12\x01"
      "x");
  ASSERT_TRUE(other);
  EXPECT_EQ(*other, Leaf());
}

TEST(ProtobufMessageTest, TextIsUtf8) {
  EXPECT_FALSE(read<Tree>("\x0a\x01\xff"));
  EXPECT_FALSE(read<Tree>("\x2a\x01\xff"));
  EXPECT_FALSE(read<Tree>("\x32\x03\x0a\x01\xff"));
  EXPECT_TRUE(read<Tree>("\x12\x01\xff"));
}

TEST(ProtobufMessageTest, WhatIsMalformedInsideIsMalformed) {
  EXPECT_FALSE(read<Tree>("\x3a\x02\x0a\x05"));
  EXPECT_FALSE(read<Tree>("\x4a\x01\x0a"));
  const auto failed = read<Tree>("\x0a");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kInternal);
}

}  // namespace
}  // namespace edge::protobuf
