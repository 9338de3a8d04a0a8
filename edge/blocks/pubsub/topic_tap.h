// TopicTap: what is published on a topic from now on, for the hub's own tools.
//
// Nobody waits for it: what is not taken in time is dropped, the oldest first, and counted. It
// leaves nothing on the bus. Lives on the loop.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "edge/blocks/pubsub/pubsub_block.h"
#include "edge/loop/sync.h"

namespace edge::blocks {

class TopicTap final : private BusWatcher, private Timer {
 public:
  static constexpr std::size_t kMostMessages = 1000;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // one message may be larger

  static constexpr std::size_t kMost = 16;  // taps of a hub; who makes them sees to it

  // `block` outlives the tap; `bus` holds a bus.
  TopicTap(PubsubBlock& block, BusHold bus);
  ~TopicTap() override;
  TopicTap(const TopicTap&) = delete;
  TopicTap& operator=(const TopicTap&) = delete;

  // `topic` as the bus knows it. Legal once. Errors: those of Bus::subscribe.
  Task<Status> open(Ctx ctx, std::string topic);
  // The oldest message that waits. Nothing when the bus goes or the hub stops. Errors: kCancelled,
  // kDeadlineExceeded.
  Task<Result<std::optional<pubsub::Delivery>>> next(Ctx ctx);
  // The same where one waits.
  std::optional<pubsub::Delivery> take();
  // Ends a while after the tap is over, for whoever hands on what it gives: the bus cannot go
  // before the tap is closed.
  [[nodiscard]] Ctx ctx() noexcept { return scope_.ctx(); }
  // How many were dropped since it was last asked.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }
  // Legal always; before the end of its life where open() succeeded.
  Task<void> close();

 private:
  void buses_changed() override;
  void expired() noexcept override { scope_.cancel(); }
  [[nodiscard]] bool is_over() const;
  void add(pubsub::Delivery delivery);
  void drop_oldest();

  PubsubBlock& block_;
  BusHold bus_;
  std::unique_ptr<pubsub::Subscription> open_;
  std::deque<pubsub::Delivery> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  Event changed_;
  CancelScope scope_;
};

}  // namespace edge::blocks
