// The tables of pubsub.sqlite: how much goes at once, and what is made of rows that are lost.
#include "components/pubsub/queue_table.h"

#include <gtest/gtest.h>

namespace edge::pubsub::queue {
namespace {

constexpr std::int64_t kBytes = 100'000;  // of each message

class QueueTableTest : public testing::Test {
 protected:
  void SetUp() override {
    auto db = store::Db::open(":memory:");
    ASSERT_TRUE(db);
    db_.emplace(std::move(*db));
    ASSERT_TRUE(create(*db_));
    const auto cursor = add_cursor(*db_, "bus", "t", {.app = "app", .seen = 5});
    ASSERT_TRUE(cursor) << cursor.error().message;
    cursor_ = *cursor;
    for (std::int64_t seq = 1; seq <= 50; ++seq) {
      ASSERT_TRUE(insert(*db_, {.topic = cursor_.topic,
                                .seq = seq,
                                .time = kClockIsSet,
                                .total = seq * kBytes,
                                .data = std::string(kBytes, 'm')}));
    }
  }

  std::int64_t stored() { return *db_->integer("SELECT count(*) FROM pubsub_messages").value(); }

  std::optional<store::Db> db_;
  CursorRow cursor_;
};

TEST_F(QueueTableTest, WhatIsRemovedAtOnceIsLimitedByRows) {
  const auto gone = remove(*db_, cursor_.topic, 1, 50, {.rows = 7, .bytes = 1 << 30});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->count, 7U);
  EXPECT_EQ(gone->end, 8);
  EXPECT_EQ(stored(), 43);
}

TEST_F(QueueTableTest, AndByBytes) {
  const auto gone = remove(*db_, cursor_.topic, 1, 50, {.rows = 1024, .bytes = 5 * kBytes});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->count, 6U);
  EXPECT_GE(gone->bytes, 5 * kBytes);
  EXPECT_EQ(stored(), 44);
  const auto rest = remove(*db_, cursor_.topic, 1, 50, {.rows = 1024, .bytes = 1 << 30});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->count, 44U);
  EXPECT_EQ(rest->end, 51);
}

TEST_F(QueueTableTest, WhatIsBeyondTheLimitsToo) {
  const Limits limits{.seq = 41};
  const auto gone = drop_old(*db_, cursor_.topic, limits, {.rows = 1024, .bytes = 5 * kBytes});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->count, 6U);
  const auto rest = drop_old(*db_, cursor_.topic, limits, {.rows = 1024, .bytes = 1 << 30});
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->end, 41);
  EXPECT_EQ(stored(), 10);
}

TEST_F(QueueTableTest, ACursorWhoseRowIsLostIsSavedAgain) {
  ASSERT_TRUE(db_->run("DELETE FROM pubsub_cursors"));
  ASSERT_TRUE(db_->run("DELETE FROM pubsub_topics"));
  cursor_.state = {7, {3, 5}};
  ASSERT_TRUE(put_topic(*db_, "bus", {.id = cursor_.topic, .name = "t", .last = 50}));
  ASSERT_TRUE(save_cursor(*db_, cursor_));
  const auto found = cursors(*db_, "bus");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().state.position, 7);
  EXPECT_EQ(found->front().state.open, (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(topics(*db_, "bus")->front().last, 50);
}

TEST_F(QueueTableTest, ACursorThatCannotBeReadBeginsAgain) {
  cursor_.state = {7, {3}};
  ASSERT_TRUE(save_cursor(*db_, cursor_));
  ASSERT_TRUE(db_->run("UPDATE pubsub_cursors SET open='3,x'"));
  const auto found = cursors(*db_, "bus");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().state.position, 0);
  EXPECT_EQ(found->front().app, "app");
}

}  // namespace
}  // namespace edge::pubsub::queue
