#include "edge/net/etcd/lines.h"

#include <gtest/gtest.h>

namespace edge::etcd {
namespace {

TEST(Lines, EndWhereTheyEndHoweverTheyCome) {
  const std::string text = "one\n\ntwo\r\n   \nthree\nfour";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Lines lines(100);
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < text.size(); at += size) {
      lines.add(std::string_view(text).substr(at, size));
      while (const auto line = lines.next()) seen.emplace_back(*line);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", "three"})) << size;
    lines.add("\n");
    EXPECT_EQ(lines.next(), "four");
    EXPECT_EQ(lines.next(), std::nullopt);
  }
}

TEST(Lines, AreBounded) {
  Lines lines(10);
  lines.add("0123456789\n0123456789");
  EXPECT_EQ(lines.next(), "0123456789");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_FALSE(lines.too_long());
  lines.add("x");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_TRUE(lines.too_long());
}

TEST(Lines, LetGoOfTheirMemory) {
  Lines lines(10 << 20);
  lines.add(std::string(1 << 20, 'x') + "\n");
  EXPECT_EQ(lines.next()->size(), std::size_t{1} << 20);
  lines.add("a\n");
  EXPECT_EQ(lines.next(), "a");
}

}  // namespace
}  // namespace edge::etcd
