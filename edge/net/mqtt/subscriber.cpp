#include "edge/net/mqtt/subscriber.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/net/mqtt/consumer.h"
#include "edge/net/mqtt/topic.h"

namespace edge::mqtt {
namespace {

constexpr std::string_view kScope = "edge.mqtt";
constexpr int kRefusedQos = 128;

}  // namespace

Subscriber::Subscriber(UvLoop& loop, ClientOptions options, SubscriberLimits limits)
    : loop_(loop),
      limits_(limits),
      client_(loop, std::move(options), *this),
      tasks_(loop, "mqtt subscriber") {}

Subscriber::~Subscriber() = default;

Task<void> Subscriber::close() {
  co_await client_.close();
  co_await tasks_.close();
  parked_.clear();
}

Task<Result<Consumer*>> Subscriber::add(Ctx ctx, std::string filter, MessageHandler handler) {
  if (auto checked = check_filter(filter); !checked) co_return checked.error();
  auto& subscription = subscriptions_.try_emplace(filter, loop_).first->second;
  ++subscription.consumers;
  auto* consumer =
      consumers_.emplace_back(std::make_unique<Consumer>(*this, filter, std::move(handler))).get();
  consumer->start();
  deliver_parked(*consumer);
  if (client_.is_connected() && subscription.state == State::kWanted) ask(filter, subscription);
  if (!client_.is_connected() && !client_.last_error().empty()) subscription.settled.set();
  DeadlineScope limit(loop_, ctx, limits_.grant_limit);
  // A server that has not answered by then will; the subscription stands.
  const Status settled = co_await subscription.settled.wait(limit.ctx());
  if (!settled && ctx.cancelled()) {
    co_await remove(consumer, OnRemoval::kKeepSubscription);
    co_return ctx.error();
  }
  if (subscription.state != State::kRefused) co_return consumer;
  co_await remove(consumer, OnRemoval::kKeepSubscription);
  co_return Error{Code::kInvalidArgument, "the MQTT server " + client_.options().server.text() +
                                              " refuses the subscription to '" + filter +
                                              "'; check its access rules"};
}

Task<void> Subscriber::remove(Consumer* consumer, OnRemoval on_removal) {
  const auto place = std::ranges::find_if(
      consumers_, [consumer](const auto& candidate) { return candidate.get() == consumer; });
  // Out of the list first: nothing more is handed to it.
  const auto removed = std::move(*place);
  consumers_.erase(place);
  auto& subscription = subscriptions_.find(removed->filter())->second;
  --subscription.consumers;
  const bool forgotten = subscription.consumers == 0 && (on_removal == OnRemoval::kUnsubscribe ||
                                                         subscription.state == State::kRefused);
  if (forgotten) forget(removed->filter(), on_removal);
  co_await removed->close();
}

void Subscriber::forget(const std::string& filter, OnRemoval on_removal) {
  if (on_removal == OnRemoval::kUnsubscribe && client_.is_connected()) client_.unsubscribe(filter);
  const auto place = subscriptions_.find(filter);
  if (place != subscriptions_.end()) subscriptions_.erase(place);
}

void Subscriber::ask(const std::string& filter, Subscription& subscription) {
  auto asked = client_.subscribe(filter, limits_.qos);
  if (!asked) return;  // the connection ends, and the next one asks again
  subscription.settled.reset();
  subscription.state = State::kAsked;
  subscription.mid = *asked;
}

// Asks again also where the server kept the session: one that lost power may have kept an older
// state of it.
void Subscriber::connected(const Connected& session) {
  if (!session.session_present) forgotten_ = connection_;
  ++connection_;
  std::erase_if(parked_, [](const Parked& parked) { return parked.ticket->is_repeated(); });
  for (const auto& consumer : consumers_) {
    consumer->drop_repeated();
    consumer->go_on();
  }
  paused_ = is_full();
  if (paused_) client_.pause();
  std::erase_if(subscriptions_, [](const auto& entry) { return entry.second.consumers == 0; });
  for (auto& [filter, subscription] : subscriptions_) {
    if (client_.is_connected()) ask(filter, subscription);
  }
}

// Ids end with the connection.
void Subscriber::disconnected() {
  if (client_.options().login.persistence == Persistence::kClean) forgotten_ = connection_;
  ++connection_;
  for (auto& [filter, subscription] : subscriptions_) {
    subscription.state = State::kWanted;
    subscription.settled.set();
  }
}

void Subscriber::granted(const Granted& grant) {
  for (auto& [filter, subscription] : subscriptions_) {
    if (subscription.state != State::kAsked || subscription.mid != grant.mid) continue;
    const bool refused = grant.qos == kRefusedQos;
    subscription.state = refused ? State::kRefused : State::kGranted;
    subscription.settled.set();
    if (refused) {
      log::error(kScope, "the MQTT server refuses a subscription; check its access rules",
                 {{"server", client_.options().server.text()}, {"topic", filter}});
    }
    return;
  }
}

void Subscriber::received(Incoming message) {
  deliver(std::make_shared<Ticket>(*this, std::move(message), connection_));
}

void Subscriber::deliver(const std::shared_ptr<Ticket>& ticket) {
  std::vector<Consumer*> takers;
  for (const auto& consumer : consumers_) {
    if (consumer->takes(ticket->message.topic)) takers.push_back(consumer.get());
  }
  if (takers.empty()) {
    park(ticket);
    return;
  }
  ticket->open = takers.size();
  for (auto* taker : takers) taker->push(ticket);
}

void Subscriber::done(Ticket& ticket) {
  ticket.handled = true;
  settle(ticket);
}

void Subscriber::settle(Ticket& ticket) {
  if (--ticket.open > 0 || ticket.message.qos != 1 || ticket.connection != connection_) return;
  client_.acknowledge(ticket.message.mid, 1);
}

void Subscriber::give_back(const std::shared_ptr<Ticket>& ticket) {
  if (comes_again(*ticket)) return;
  if (ticket->open > 1 || ticket->handled) {
    settle(*ticket);
  } else {
    deliver(ticket);
  }
}

bool Subscriber::comes_again(const Ticket& ticket) const noexcept {
  return client_.is_connected() && ticket.is_repeated();
}

// A kept session brings messages before their subscription of this run is there.
void Subscriber::park(std::shared_ptr<Ticket> ticket) {
  parked_.push_back({std::move(ticket), loop_.now() + limits_.grace});
  if (std::exchange(sweeping_, true)) return;
  tasks_.spawn(sweep(tasks_.ctx()));
}

void Subscriber::deliver_parked(Consumer& consumer) {
  std::deque<Parked> kept;
  for (auto& parked : std::exchange(parked_, {})) {
    if (consumer.takes(parked.ticket->message.topic)) {
      parked.ticket->open = 1;
      consumer.push(std::move(parked.ticket));
    } else {
      kept.push_back(std::move(parked));
    }
  }
  parked_ = std::move(kept);
}

Task<void> Subscriber::sweep(Ctx ctx) {
  while (!parked_.empty()) {
    const Duration left = parked_.front().until - loop_.now();
    const Status slept = co_await sleep_for(loop_, ctx, std::max(left, Duration::zero()));
    if (!slept) break;
    drop_expired();
  }
  sweeping_ = false;
}

// Unacknowledged it would fill the server's window, and nothing at all would come any more.
void Subscriber::drop_expired() {
  while (!parked_.empty() && parked_.front().until <= loop_.now()) {
    const auto ticket = std::move(parked_.front().ticket);
    parked_.pop_front();
    const std::string& topic = ticket->message.topic;
    log::warn(kScope, "dropped a message that no app here subscribes to; unsubscribing",
              {{"topic", topic}, {"client_id", client_.options().login.client_id}});
    ticket->open = 1;
    settle(*ticket);
    const auto subscription = subscriptions_.find(topic);
    const bool wanted = subscription != subscriptions_.end() && subscription->second.consumers > 0;
    if (!wanted && client_.is_connected()) forget(topic, OnRemoval::kUnsubscribe);
  }
}

void Subscriber::hold(std::size_t bytes) noexcept {
  ++held_messages_;
  held_bytes_ += bytes;
  if (paused_) return;
  paused_ = is_full();
  if (paused_) client_.pause();
}

bool Subscriber::is_full() const noexcept {
  return held_messages_ >= limits_.max_messages || held_bytes_ >= limits_.max_bytes;
}

void Subscriber::release(std::size_t bytes) noexcept {
  --held_messages_;
  held_bytes_ -= bytes;
  if (!paused_ || held_messages_ > limits_.max_messages / 2 ||
      held_bytes_ > limits_.max_bytes / 2) {
    return;
  }
  paused_ = false;
  client_.resume();
}

}  // namespace edge::mqtt
