#include "sync/core/link.h"

#include <algorithm>

namespace edge::sync {

HubTime Link::jitter(HubTime limit) {
  if (limit <= HubTime(0)) return HubTime(0);
  return HubTime(random_.below(static_cast<std::uint64_t>(limit.count()) + 1));
}

void Link::start(const Now& now) {
  if (state_ != State::kStopped) return;
  state_ = State::kWaiting;
  deadline_ = now.hub + jitter(options_.first_spread);
}

void Link::wait(const Now& now) {
  const bool was_stable = is_up() && now.hub - since_ >= options_.stable;
  if (was_stable) attempts_ = 0;
  constexpr unsigned kMostDoublings = 20;
  const HubTime limit = std::min(
      options_.backoff_cap, options_.backoff_base * (1 << std::min(attempts_, kMostDoublings)));
  ++attempts_;
  state_ = State::kWaiting;
  deadline_ = now.hub + jitter(limit);
}

bool Link::connected(const Now& now, const Connected& event) {
  if (state_ != State::kConnecting || event.connection != connection_) return false;
  state_ = State::kSubscribing;
  since_ = now.hub;
  deadline_ = now.hub + options_.subscribe_limit;
  return true;
}

bool Link::subscribed(const Now&, const Subscribed& event) {
  if (!is_up() || event.connection != connection_) return false;
  if (state_ == State::kSubscribing) touch_presence();
  state_ = State::kOnline;
  return true;
}

bool Link::lost(const Now& now, const Lost& event) {
  const bool is_current = state_ == State::kConnecting || is_up();
  if (!is_current || event.connection != connection_) return false;
  wait(now);
  return true;
}

void Link::fail(const Now& now, Actions& actions) {
  if (state_ != State::kConnecting && !is_up()) return;
  actions.emplace_back(Disconnect{connection_});
  wait(now);
}

bool Link::advance(const Now& now, std::optional<HubTime> owed_since, Actions& actions) {
  const bool is_due = now.hub >= deadline_;
  const bool is_owed = is_up() && owed_since && now.hub >= *owed_since + options_.ack_limit;
  if (state_ == State::kWaiting && is_due) {
    state_ = State::kConnecting;
    deadline_ = now.hub + options_.connect_limit;
    actions.emplace_back(Connect{++connection_});
    return false;
  }
  const bool is_late = is_due && (state_ == State::kConnecting || state_ == State::kSubscribing);
  if (!is_late && !is_owed) return false;
  fail(now, actions);
  return true;
}

bool Link::take_presence(const Now& now) {
  if (!is_online() || now.hub < presence_due_) return false;
  const HubTime fifth = options_.presence / 5;
  presence_due_ = now.hub + options_.presence - fifth + jitter(2 * fifth);
  return true;
}

void Link::find_wake(std::optional<HubTime> owed_since, Wake& wake) const {
  if (state_ == State::kStopped) return;
  wake.consider(state_ == State::kOnline ? presence_due_ : deadline_);
  if (is_up() && owed_since) wake.consider(*owed_since + options_.ack_limit);
}

}  // namespace edge::sync
