#include "edge/blocks/pubsub/topic_tap.h"

namespace edge::blocks {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);

std::size_t bytes_of(const pubsub::Delivery& delivery) {
  std::size_t bytes = sizeof delivery + delivery.topic.size() + delivery.data.size();
  for (const auto& [name, value] : delivery.metadata) bytes += name.size() + value.size();
  return bytes;
}

Task<Status> done() {
  co_return Status();
}

}  // namespace

TopicTap::TopicTap(PubsubBlock& block, BusHold bus)
    : Timer(block.loop()), block_(block), bus_(std::move(bus)), changed_(block.loop()) {
  block_.watch(this);
  ++block_.taps_;
}

TopicTap::~TopicTap() {
  --block_.taps_;
  block_.unwatch(this);
}

void TopicTap::buses_changed() {
  changed_.set();
  if (is_over() && !armed()) arm(block_.loop().now() + kPatience);
}

Task<Status> TopicTap::open(Ctx ctx, std::string topic) {
  pubsub::SubscribeRequest request;
  request.topic = std::move(topic);
  request.lasting = pubsub::Lasting::kNothing;
  const auto handler = [this](Ctx, pubsub::Delivery delivery) {
    add(std::move(delivery));
    return done();
  };
  auto opened = co_await bus_.bus().subscribe(ctx, std::move(request), handler);
  if (!opened) co_return opened.error();
  open_ = std::move(*opened);
  co_return Status();
}

Task<void> TopicTap::close() {
  if (open_) co_await open_->close();
  open_.reset();
  bus_.release();
}

bool TopicTap::is_over() const {
  return block_.taps_ended() || bus_.is_leaving();
}

void TopicTap::add(pubsub::Delivery delivery) {
  bytes_ += bytes_of(delivery);
  waiting_.push_back(std::move(delivery));
  while (waiting_.size() > 1 && (waiting_.size() > kMostMessages || bytes_ > kMostBytes)) {
    drop_oldest();
  }
  changed_.set();
}

void TopicTap::drop_oldest() {
  bytes_ -= bytes_of(waiting_.front());
  waiting_.pop_front();
  ++lost_;
}

std::optional<pubsub::Delivery> TopicTap::take() {
  if (waiting_.empty()) return std::nullopt;
  bytes_ -= bytes_of(waiting_.front());
  std::optional oldest(std::move(waiting_.front()));
  waiting_.pop_front();
  return oldest;
}

Task<Result<std::optional<pubsub::Delivery>>> TopicTap::next(Ctx ctx) {
  while (waiting_.empty() && !is_over()) {
    changed_.reset();
    auto woken = co_await changed_.wait(ctx);
    if (!woken) co_return woken.error();
  }
  co_return take();
}

}  // namespace edge::blocks
