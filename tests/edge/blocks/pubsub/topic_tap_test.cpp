#include "edge/blocks/pubsub/topic_tap.h"

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/task_group.h"
#include "tests/edge/blocks/pubsub/fake_bus.h"

namespace edge::blocks {
namespace {

class Tapping : public testing::Test {
 protected:
  Tapping() {
    auto bus = std::make_unique<FakeBus>();
    bus_ = bus.get();
    block_.add({.name = "ps", .bus = std::move(bus), .topics = {}});
  }

  void open(TopicTap& tap) {
    const auto opened = run(loop_, tap.open(Ctx::background(), "t"));
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void deliver(std::string data) {
    ASSERT_TRUE(run(
        loop_, bus_->opened.back()->handler(Ctx::background(), {"t", std::move(data), {}, {}})));
  }
  // The next message, "nothing", or what went wrong.
  std::string next(TopicTap& tap, Ctx ctx = Ctx::background()) {
    const auto message = run(loop_, tap.next(ctx));
    if (!message) return message.error().message;
    return *message ? (*message)->data : "nothing";
  }
  static Task<void> remove(PubsubBlock* block) { return block->remove("ps"); }

  SimLoop loop_;
  PubsubBlock block_{loop_};
  FakeBus* bus_ = nullptr;
};

TEST_F(Tapping, MessagesComeInOrderAndNothingIsLeftBehind) {
  {
    TopicTap tap(block_, block_.hold("ps"));
    EXPECT_EQ(block_.taps(), 1U);
    open(tap);
    EXPECT_EQ(bus_->opened.back()->request.lasting, pubsub::Lasting::kNothing);
    deliver("1");
    deliver("2");
    EXPECT_EQ(next(tap), "1");
    EXPECT_EQ(tap.take()->data, "2");
    EXPECT_FALSE(tap.take());
    run(loop_, tap.close());
    EXPECT_TRUE(bus_->opened.back()->closed);
  }
  EXPECT_EQ(block_.taps(), 0U);
  run(loop_, block_.close());
}

TEST_F(Tapping, WhatIsNotTakenInTimeIsLostTheOldestFirst) {
  TopicTap tap(block_, block_.hold("ps"));
  open(tap);
  for (std::size_t i = 1; i <= TopicTap::kMostMessages + 5; ++i) deliver(std::to_string(i));
  EXPECT_EQ(tap.take_lost(), 5U);
  EXPECT_EQ(tap.take_lost(), 0U);
  EXPECT_EQ(next(tap), "6");
  deliver(std::string(TopicTap::kMostBytes + 1, 'x'));
  EXPECT_EQ(tap.take_lost(), TopicTap::kMostMessages - 1);
  EXPECT_EQ(next(tap).size(), TopicTap::kMostBytes + 1) << "one message may be larger";
  deliver("after");
  EXPECT_EQ(next(tap), "after");
  EXPECT_EQ(tap.take_lost(), 0U);
  run(loop_, tap.close());
}

TEST_F(Tapping, ItEndsWithItsBusAndTheBusDoesNotWaitForLong) {
  TopicTap tap(block_, block_.hold("ps"));
  open(tap);
  deliver("last");
  TaskGroup group(loop_, "removal");
  group.spawn(remove(&block_));
  EXPECT_EQ(next(tap), "last");
  EXPECT_EQ(next(tap), "nothing");
  EXPECT_FALSE(tap.ctx().cancelled());
  ASSERT_TRUE(run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::seconds(6))));
  EXPECT_TRUE(tap.ctx().cancelled()) << "whoever still sends is interrupted";
  EXPECT_FALSE(bus_->closed);
  run(loop_, tap.close());
  run(loop_, group.close());
  EXPECT_FALSE(block_.hold("ps"));
}

TEST_F(Tapping, ItEndsWhenTheHubStops) {
  TopicTap tap(block_, block_.hold("ps"));
  open(tap);
  block_.end_taps();
  EXPECT_EQ(next(tap), "nothing");
  run(loop_, tap.close());
}

TEST_F(Tapping, WaitingEndsWithItsContext) {
  TopicTap tap(block_, block_.hold("ps"));
  open(tap);
  DeadlineScope limit(loop_, Ctx::background(), std::chrono::seconds(1));
  const auto message = run(loop_, tap.next(limit.ctx()));
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, Code::kDeadlineExceeded);
  run(loop_, tap.close());
}

TEST_F(Tapping, ABusThatRefuses) {
  bus_->subscribe_errors.push_back({Code::kInvalidArgument, "no"});
  TopicTap tap(block_, block_.hold("ps"));
  EXPECT_FALSE(run(loop_, tap.open(Ctx::background(), "t")));
  run(loop_, tap.close());
  EXPECT_FALSE(block_.hold("other"));
}

}  // namespace
}  // namespace edge::blocks
