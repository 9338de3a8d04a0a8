#include "sync/core/link.h"

#include <algorithm>
#include <utility>

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

std::string Link::find_fault(const Now& now, std::optional<HubTime> owed_since) const {
  const bool is_late = now.hub >= deadline_;
  if (state_ == State::kConnecting && is_late) {
    return "the broker did not take the connection in " + format_duration(options_.connect_limit);
  }
  if (state_ == State::kSubscribing && is_late) {
    return "the broker did not grant the hub's subscriptions in " +
           format_duration(options_.subscribe_limit);
  }
  if (is_up() && owed_since && now.hub >= *owed_since + options_.ack_limit) {
    return "the broker did not acknowledge a message in " + format_duration(options_.ack_limit);
  }
  return "";
}

bool Link::advance(const Now& now, std::optional<HubTime> owed_since, Actions& actions) {
  if (state_ == State::kWaiting && now.hub >= deadline_) {
    state_ = State::kConnecting;
    deadline_ = now.hub + options_.connect_limit;
    actions.emplace_back(Connect{++connection_});
    return false;
  }
  std::string fault = find_fault(now, owed_since);
  if (fault.empty()) return false;
  actions.emplace_back(Disconnect{connection_, std::move(fault)});
  wait(now);
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
