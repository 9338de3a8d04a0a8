#include "edge/base/random.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace edge {
namespace {

TEST(SeededRandom, RepeatsFromItsSeed) {
  SeededRandom a(42);
  SeededRandom b(42);
  SeededRandom other(43);
  const std::uint64_t first = a.next_u64();
  EXPECT_EQ(first, b.next_u64());
  EXPECT_NE(first, other.next_u64());
  EXPECT_NE(first, a.next_u64());
}

TEST(SeededRandom, FillsAnyLength) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<std::uint8_t> bytes(size + 1, 0xAB);
    random.fill(std::span(bytes).first(size));
    EXPECT_EQ(bytes.back(), 0xAB);
  }
}

TEST(Random, StaysBelowItsBoundAndReachesAll) {
  SeededRandom random(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen.at(random.below(6));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(1), 0U);
  const std::uint64_t huge = (std::uint64_t{1} << 63U) + 1;
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(huge), huge);
}

TEST(SystemRandom, NeverHandsOutTheSameBytes) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.next_u64());
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(SystemRandom, FillsMoreThanItBuffers) {
  SystemRandom random;
  std::vector<std::uint8_t> bytes(5000, 0);
  random.fill(bytes);
  EXPECT_GT(std::set(bytes.begin(), bytes.end()).size(), 200U);
}

TEST(Uuid, HasTheShapeOfVersion4) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string id = uuid_v4(random);
    ASSERT_EQ(id.size(), 36U);
    for (const std::size_t at : {8, 13, 18, 23}) EXPECT_EQ(id[at], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 200U);
}

TEST(Random, UuidsOfVersion7BeginWithTheTime) {
  SeededRandom random(5);
  const WallTime time{std::chrono::milliseconds(0x0199f0c2abcd)};
  const std::string id = uuid_v7(random, time);
  EXPECT_EQ(id.substr(0, 13), "0199f0c2-abcd");
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
  EXPECT_LT(id, uuid_v7(random, time + std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace edge
