#include "edge/net/mqtt/consumer.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/net/mqtt/topic.h"

namespace edge::mqtt {
namespace {

constexpr std::string_view kScope = "edge.mqtt";
constexpr Duration kPatience = std::chrono::seconds(5);

}  // namespace

Ticket::Ticket(Subscriber& subscriber, Incoming content, std::uint64_t connection_number)
    : owner(subscriber), message(std::move(content)), connection(connection_number) {
  owner.hold(message.payload.size());
}

Ticket::~Ticket() {
  owner.release(message.payload.size());
}

bool Ticket::is_repeated() const noexcept {
  return message.qos > 0 && connection != owner.connection_ && connection > owner.forgotten_;
}

Consumer::Consumer(Subscriber& owner, std::string filter, MessageHandler handler)
    : Timer(owner.loop_),
      owner_(owner),
      filter_(std::move(filter)),
      handler_(std::move(handler)),
      ready_(owner.loop_),
      ended_(owner.loop_),
      tasks_(owner.loop_, "mqtt consumer") {}

bool Consumer::takes(const std::string& topic) const noexcept {
  return topic == filter_ || !is_exact(filter_);
}

void Consumer::push(std::shared_ptr<Ticket> ticket) {
  queue_.push_back({std::move(ticket)});
  ready_.set();
}

Task<void> Consumer::close() {
  closing_ = true;
  disarm();
  ready_.set();
  {
    DeadlineScope patience(owner_.loop_, tasks_.ctx(), kPatience);
    // What an app is working on comes to its end.
    const Status ended = co_await ended_.wait(patience.ctx());
    if (!ended) log::debug(kScope, "a handler is cut short", {{"filter", filter_}});
  }
  co_await tasks_.close();
  for (const auto& item : std::exchange(queue_, {})) owner_.give_back(item.ticket);
  for (const auto& item : std::exchange(failed_, {})) owner_.give_back(item.ticket);
}

void Consumer::drop_repeated() {
  const auto repeated = [](const Item& item) { return item.ticket->is_repeated(); };
  std::erase_if(queue_, repeated);
  std::erase_if(failed_, repeated);
}

Task<void> Consumer::work(Ctx ctx) {
  while (!closing_) {
    if (queue_.empty() || queue_.front().ticket->is_repeated()) {
      ready_.reset();
      const Status ready = co_await ready_.wait(ctx);
      if (!ready) break;
      continue;
    }
    Item item = std::move(queue_.front());
    queue_.pop_front();
    co_await handle(ctx, std::move(item));
  }
  ended_.set();
}

Task<void> Consumer::handle(Ctx ctx, Item item) {
  const Status handled = co_await call(ctx, item.ticket->message);
  if (handled) {
    owner_.done(*item.ticket);
    co_return;
  }
  if (closing_) {
    owner_.give_back(item.ticket);
    co_return;
  }
  const bool again = item.ticket->message.qos > 0;
  log::warn(kScope, again ? "a message failed; it comes again" : "lost a message of QoS 0",
            {{"topic", item.ticket->message.topic}, {"error", handled.error().message}});
  if (again && !owner_.comes_again(*item.ticket)) retry_later(std::move(item));
}

Task<Status> Consumer::call(Ctx ctx, Incoming message) {
  try {
    co_return co_await handler_(ctx, std::move(message));
  } catch (const std::exception& failure) {
    co_return Error{Code::kInternal, failure.what()};
  }
}

void Consumer::retry_later(Item item) {
  constexpr int kMostDoublings = 20;
  const auto& limits = owner_.limits_;
  const Duration full = limits.retry_base * (1 << std::min(item.failures, kMostDoublings));
  ++item.failures;
  item.due = owner_.loop_.now() + std::min(full, limits.retry_cap);
  if (!armed() || item.due < when()) arm(item.due);
  failed_.push_back(std::move(item));
}

void Consumer::expired() noexcept {
  const TimePoint now = owner_.loop_.now();
  std::deque<Item> due;
  std::deque<Item> later;
  TimePoint next = TimePoint::max();
  for (auto& item : failed_) {
    if (item.due > now) next = std::min(next, item.due);
    (item.due <= now ? due : later).push_back(std::move(item));
  }
  failed_ = std::move(later);
  if (!failed_.empty()) arm(next);
  queue_.insert(queue_.begin(), std::move_iterator(due.begin()), std::move_iterator(due.end()));
  ready_.set();
}

}  // namespace edge::mqtt
