// What only pubsub.in-memory says: which messages are lost.
#include "components/pubsub/memory.h"

#include <gtest/gtest.h>

#include "edge/base/log.h"
#include "edge/loop/sim_loop.h"
#include "tests/components/pubsub/fixture.h"

namespace edge::pubsub {
namespace {

class MemoryBusTest : public testing::Test {
 protected:
  void SetUp() override {
    log::capture([this](std::string_view line) { log_ += std::string(line) + "\n"; });
    inbox_.judge = [](const Delivery&) {
      return Error{Code::kUnavailable, "the stream has ended"};
    };
  }
  void TearDown() override { log::capture(nullptr); }

  SimLoop loop_;
  store::OpenFiles files_;
  RunningBus bus_{loop_, files_, "pubsub.in-memory", {}};
  Inbox inbox_{loop_};
  std::string log_;
};

TEST_F(MemoryBusTest, AMessageThatASubscriberRefusesIsLost) {
  const Subscribed subscribed = bus_.subscribe("lamp", "orders", inbox_);
  ASSERT_TRUE(bus_.publish("orders", "1"));
  EXPECT_TRUE(inbox_.wait_until([this] { return log_.contains("a message is lost"); }));
  EXPECT_TRUE(log_.contains("level=error"));
}

TEST_F(MemoryBusTest, ASubscriberThatGoesIsNoError) {
  inbox_.hold();
  Subscribed subscribed = bus_.subscribe("lamp", "orders", inbox_);
  ASSERT_TRUE(bus_.publish("orders", "1"));
  ASSERT_TRUE(inbox_.wait_for(1));
  inbox_.release();
  subscribed.end();
  EXPECT_TRUE(log_.contains("a subscriber has gone before it answered"));
  EXPECT_FALSE(log_.contains("level=error"));
}

}  // namespace
}  // namespace edge::pubsub
