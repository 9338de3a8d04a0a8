#include "sync/core/suspects.h"

#include <gtest/gtest.h>

namespace edge::sync {
namespace {

Token row(std::int64_t id) {
  return {Token::Kind::kRow, Class::kEvent, id};
}

// A connection on which these are sent, and that the cloud ends.
std::optional<Token> end_with(Suspects& suspects, std::initializer_list<std::int64_t> rows) {
  for (const std::int64_t id : rows) suspects.sent(row(id));
  auto guilty = suspects.cut();
  suspects.go_offline();
  return guilty;
}

TEST(Suspects, WhatIsAloneAtSoManyEndsIsGuilty) {
  Suspects suspects;
  EXPECT_EQ(end_with(suspects, {1, 2, 3}), std::nullopt);
  EXPECT_FALSE(suspects.one_at_a_time());
  EXPECT_EQ(end_with(suspects, {1, 2, 3}), std::nullopt);
  EXPECT_TRUE(suspects.one_at_a_time());
  suspects.sent(row(1));
  suspects.acked(row(1));
  for (unsigned i = 1; i < Suspects::kMostEnds; ++i) {
    EXPECT_EQ(end_with(suspects, {2}), std::nullopt);
  }
  EXPECT_EQ(end_with(suspects, {2}), row(2));
}

TEST(Suspects, AnAcknowledgementAcquits) {
  Suspects suspects;
  for (unsigned i = 1; i < Suspects::kMostEnds; ++i) end_with(suspects, {7});
  suspects.sent(row(7));
  suspects.acked(row(7));
  EXPECT_FALSE(suspects.one_at_a_time());
  EXPECT_EQ(end_with(suspects, {7}), std::nullopt);
}

TEST(Suspects, TwoAreFoundSideBySide) {
  Suspects suspects;
  for (unsigned i = 1; i < Suspects::kMostEnds; ++i) {
    EXPECT_EQ(end_with(suspects, {1}), std::nullopt);
    EXPECT_EQ(end_with(suspects, {2}), std::nullopt);
  }
  EXPECT_EQ(end_with(suspects, {1}), row(1));
  EXPECT_EQ(end_with(suspects, {2}), row(2));
  EXPECT_FALSE(suspects.one_at_a_time());
}

TEST(Suspects, DoubtEndsWithAcknowledgements) {
  Suspects suspects;
  for (unsigned i = 0; i < Suspects::kDoubts; ++i) end_with(suspects, {1, 2});
  for (unsigned i = 0; i < Suspects::kCalm; ++i) {
    EXPECT_TRUE(suspects.one_at_a_time());
    suspects.sent(row(i));
    suspects.acked(row(i));
  }
  EXPECT_FALSE(suspects.one_at_a_time());
}

TEST(Suspects, AnEarlyEndIsDoubtAndNoMore) {
  Suspects suspects;
  for (unsigned i = 0; i < 3 * Suspects::kMostEnds; ++i) {
    suspects.sent(row(1));
    suspects.doubt();
    suspects.go_offline();
  }
  EXPECT_TRUE(suspects.one_at_a_time());
  EXPECT_EQ(end_with(suspects, {1}), std::nullopt);
}

TEST(Suspects, AnIdleConnectionAccusesNobody) {
  Suspects suspects;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(end_with(suspects, {}), std::nullopt);
  EXPECT_FALSE(suspects.one_at_a_time());
  end_with(suspects, {1});
  EXPECT_TRUE(suspects.one_at_a_time());
  suspects.forget(row(1));
  EXPECT_FALSE(suspects.one_at_a_time()) << "what has expired is no suspect";
}

}  // namespace
}  // namespace edge::sync
