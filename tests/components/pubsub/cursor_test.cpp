// Cursors and patterns, by themselves.
#include "components/pubsub/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "components/pubsub/common.h"

namespace edge::pubsub {
namespace {

using testing::ElementsAre;

constexpr TimePoint kNow{std::chrono::hours(1)};
constexpr Duration kSecond = std::chrono::seconds(1);

std::vector<std::int64_t> take_all(Cursor& cursor) {
  std::vector<std::int64_t> taken;
  while (const auto turn = cursor.take()) taken.push_back(turn->seq);
  return taken;
}

TEST(CursorTest, OneOfEachKeyIsGivenOut) {
  Cursor cursor(10);
  for (const auto& [seq, key] : std::vector<std::pair<int, std::string>>{
           {11, "a"}, {12, "a"}, {13, "b"}, {14, ""}, {15, ""}, {16, "b"}}) {
    cursor.add(seq, key);
  }
  EXPECT_THAT(take_all(cursor), ElementsAre(11, 13, 14));
  cursor.done(13);
  EXPECT_THAT(take_all(cursor), ElementsAre(16));
  cursor.done(14);
  cursor.done(11);
  EXPECT_THAT(take_all(cursor), ElementsAre(12, 15));
  EXPECT_EQ(cursor.open(), 3U);
}

TEST(CursorTest, AFailedMessageHoldsUpItsKeyAlone) {
  Cursor cursor(0);
  cursor.add(1, "a");
  cursor.add(2, "a");
  cursor.add(3, "b");
  EXPECT_THAT(take_all(cursor), ElementsAre(1, 3));
  cursor.failed(1, kNow + kSecond);
  cursor.done(3);
  cursor.add(4, "b");
  EXPECT_THAT(take_all(cursor), ElementsAre(4));
  EXPECT_EQ(cursor.next_wake(), kNow + kSecond);
  cursor.wake(kNow);
  EXPECT_FALSE(cursor.take());
  cursor.wake(kNow + kSecond);
  const auto again = cursor.take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seq, 1);
  EXPECT_EQ(again->failures, 1U);
  cursor.put_back(1);
  EXPECT_EQ(cursor.take()->failures, 1U);
  EXPECT_FALSE(cursor.next_wake());
}

TEST(CursorTest, TheStateSaysWhatIsLeft) {
  Cursor cursor(5);
  EXPECT_EQ(cursor.state().position, 5);
  for (int seq = 6; seq <= 9; ++seq) cursor.add(seq, std::to_string(seq));
  EXPECT_EQ(cursor.state().position, 5) << "nothing is done yet";
  take_all(cursor);
  cursor.done(8);
  EXPECT_EQ(cursor.state().position, 8);
  EXPECT_THAT(cursor.state().open, ElementsAre(6, 7));
  cursor.done(6);
  cursor.done(7);
  EXPECT_EQ(cursor.state().position, 8);
  EXPECT_TRUE(cursor.state().open.empty());
  cursor.done(9);
  cursor.scanned_to(20);
  EXPECT_EQ(cursor.state().position, 20) << "what is not there is passed";
}

TEST(CursorTest, NumbersAsText) {
  EXPECT_EQ(to_text({}), "");
  EXPECT_EQ(to_text({7, 12}), "7,12");
  EXPECT_THAT(numbers_of("7,12").value(), ElementsAre(7, 12));
  EXPECT_TRUE(numbers_of("")->empty());
  EXPECT_FALSE(numbers_of("7,,12"));
  EXPECT_FALSE(numbers_of("0"));
  EXPECT_FALSE(numbers_of("x"));
}

TEST(TopicPatterns, MatchLevelByLevel) {
  EXPECT_TRUE(topic_matches("a/b", "a/b"));
  EXPECT_FALSE(topic_matches("a/b", "a/b/c"));
  EXPECT_FALSE(topic_matches("a/b/c", "a/b"));
  EXPECT_TRUE(topic_matches("+/b", "a/b"));
  EXPECT_TRUE(topic_matches("a/+", "a/"));
  EXPECT_FALSE(topic_matches("a/+", "a"));
  EXPECT_FALSE(topic_matches("+", "a/b"));
  EXPECT_TRUE(topic_matches("#", "a/b/c"));
  EXPECT_TRUE(topic_matches("a/#", "a"));
  EXPECT_TRUE(topic_matches("a/#", "a/b/c"));
  EXPECT_FALSE(topic_matches("a/#", "ab"));
  EXPECT_FALSE(topic_matches("#", "$SYS/load"));
  EXPECT_FALSE(topic_matches("+/load", "$SYS/load"));
  EXPECT_TRUE(topic_matches("$SYS/#", "$SYS/load"));
  EXPECT_TRUE(topic_matches("a+", "a+")) << "no level of its own";
}

TEST(TopicPatterns, AreToldFromNames) {
  EXPECT_TRUE(is_pattern("#"));
  EXPECT_TRUE(is_pattern("a/+/b"));
  EXPECT_FALSE(is_pattern("c++"));
  EXPECT_FALSE(is_pattern("#/a"));
  EXPECT_FALSE(is_pattern(""));
}

}  // namespace
}  // namespace edge::pubsub
