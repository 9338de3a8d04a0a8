#include "components/pubsub/memory.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "components/pubsub/common.h"
#include "edge/base/log.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"

namespace edge::pubsub {
namespace {

constexpr std::string_view kLogScope = "edge.pubsub.in-memory";
constexpr std::size_t kMaxQueued = 10'000;
constexpr std::size_t kMaxQueuedBytes = 4 << 20;

// One message for all who get it.
using Message = std::shared_ptr<const Publication>;

std::size_t bytes_of(const Message& message) {
  std::size_t bytes = sizeof *message + message->topic.size() + message->data.size();
  for (const auto& [name, value] : message->metadata) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

// One subscription: its queue, and the task that empties it.
class MemoryBus::Consumer final : public Subscription {
 public:
  Consumer(MemoryBus& bus, SubscribeRequest request, Handler handler)
      : bus_(bus),
        request_(std::move(request)),
        handler_(std::move(handler)),
        together_(bulk_count(request_.metadata)),
        arrived_(bus.loop_),
        group_(bus.loop_, "pubsub.in-memory " + bus.name_) {
    bus_.consumers_.push_back(this);
    group_.spawn(deliver_all(group_.ctx()));
  }
  ~Consumer() override { std::erase(bus_.consumers_, this); }
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  [[nodiscard]] bool wants(std::string_view topic) const {
    return !closing_ && topic_matches(request_.topic, topic);
  }

  void add(Message message) {
    bytes_ += bytes_of(message);
    queue_.push_back(std::move(message));
    while (queue_.size() > 1 && (queue_.size() > kMaxQueued || bytes_ > kMaxQueuedBytes)) drop();
    arrived_.set();
  }

  Task<void> close() override {
    closing_ = true;
    queue_.clear();
    arrived_.set();
    co_await close_gently(&bus_.loop_, &group_);
  }

 private:
  void drop() {
    bytes_ -= bytes_of(queue_.front());
    queue_.pop_front();
    if (dropped_++ > 0) return;
    log::warn(kLogScope, "the app is too slow: its oldest messages are dropped",
              {{"component", bus_.name_}, {"app", request_.app_id}, {"topic", request_.topic}});
  }

  void note_caught_up() {
    if (dropped_ == 0) return;
    log::warn(kLogScope, "the app has caught up",
              {{"component", bus_.name_},
               {"app", request_.app_id},
               {"topic", request_.topic},
               {"dropped", std::to_string(std::exchange(dropped_, 0))}});
  }

  Task<void> deliver_all(Ctx ctx) {
    while (!closing_) {
      if (queue_.empty() || at_handler_ == together_) {
        if (queue_.empty()) note_caught_up();
        arrived_.reset();
        const auto woken = co_await arrived_.wait(ctx);
        if (!woken) co_return;
        continue;
      }
      Message message = std::move(queue_.front());
      queue_.pop_front();
      bytes_ -= bytes_of(message);
      ++at_handler_;
      if (together_ > 1) {
        group_.spawn(deliver(ctx, std::move(message)));
      } else {
        co_await deliver(ctx, std::move(message));
      }
    }
  }

  Task<void> deliver(Ctx ctx, Message message) {
    Delivery delivery{.topic = message->topic,
                      .data = message->data,
                      .metadata = message->metadata,
                      .attempt = Attempt::kLast};
    const auto done = co_await call_handler(&handler_, ctx, std::move(delivery));
    --at_handler_;
    arrived_.set();
    if (!done) note_failure(*message, done.error());
  }

  // Of a subscriber that goes nobody knows what it has done with its last message.
  void note_failure(const Publication& message, const Error& error) const {
    log::write(closing_ ? log::Level::kInfo : log::Level::kError, kLogScope,
               closing_ ? "a subscriber has gone before it answered for a message"
                        : "a message is lost: its handler failed",
               {{"component", bus_.name_},
                {"app", request_.app_id},
                {"topic", message.topic},
                {"error", error.message}});
  }

  MemoryBus& bus_;
  const SubscribeRequest request_;
  const Handler handler_;
  const std::size_t together_;
  std::size_t at_handler_ = 0;
  std::deque<Message> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;  // since the app last kept up
  bool closing_ = false;
  Event arrived_;
  TaskGroup group_;  // last: its tasks use the above
};

MemoryBus::MemoryBus(const components::Context& context)
    : loop_(context.loop), name_(context.name) {}

std::vector<Feature> MemoryBus::features() const {
  return {Feature::kSubscribeWildcards};
}

Task<Status> MemoryBus::init(Ctx /*ctx*/) {
  co_return Status();
}

Task<void> MemoryBus::close() {
  co_return;
}

Result<Durability> MemoryBus::offer(Publication publication) {
  if (auto allowed = check_topic(publication.topic); !allowed) return std::move(allowed).error();
  const auto message = std::make_shared<const Publication>(std::move(publication));
  for (Consumer* consumer : consumers_) {
    if (consumer->wants(message->topic)) consumer->add(message);
  }
  return Durability::kMemory;
}

bool MemoryBus::has_subscriber(std::string_view topic) const {
  return std::ranges::any_of(consumers_,
                             [topic](const Consumer* consumer) { return consumer->wants(topic); });
}

Task<Result<Durability>> MemoryBus::publish(Ctx ctx, Publication publication) {
  if (ctx.cancelled()) co_return ctx.error();
  co_return offer(std::move(publication));
}

Task<Result<std::unique_ptr<Subscription>>> MemoryBus::subscribe(Ctx ctx, SubscribeRequest request,
                                                                 Handler handler) {
  if (ctx.cancelled()) co_return ctx.error();
  if (request.topic.empty()) co_return Error{Code::kInvalidArgument, "the topic is empty"};
  std::unique_ptr<Subscription> subscription =
      std::make_unique<Consumer>(*this, std::move(request), std::move(handler));
  co_return subscription;
}

Task<std::vector<Result<Durability>>> MemoryBus::publish_all(
    Ctx ctx, std::vector<Publication> publications) {
  std::vector<Result<Durability>> answers;
  answers.reserve(publications.size());
  for (Publication& publication : publications) {
    if (ctx.cancelled()) {
      answers.emplace_back(ctx.error());
    } else {
      answers.push_back(offer(std::move(publication)));
    }
  }
  co_return answers;
}

}  // namespace edge::pubsub
