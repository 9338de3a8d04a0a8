#include "sync/core/sender.h"

#include <algorithm>

namespace edge::sync {
namespace {

constexpr unsigned kEventsForEachTelemetry = 4;
constexpr HubTime kTrial = std::chrono::seconds(1);
constexpr HubTime kFirstPause = std::chrono::seconds(1);
constexpr HubTime kLongestPause = std::chrono::minutes(1);

constexpr std::size_t at(Origin origin) noexcept {
  return static_cast<std::size_t>(origin);
}

Token token_of(const Row& row) {
  return {Token::Kind::kRow, row.message->cls, row.row};
}

HubTime remaining_of(const Row& row, const Now& now) {
  return row.expires == HubTime(0) ? HubTime(0) : row.expires - now.hub;
}

}  // namespace

void Sender::go_online(const Now& now, Connection connection, std::size_t window) noexcept {
  connection_ = connection;
  paused_until_ = HubTime(0);
  window_ = std::max<std::size_t>(window, 1);
  progress_ = now.hub;
  tries_ = is_searching() && !tries_;
}

void Sender::go_offline() {
  connection_ = 0;
  on_the_way_ = {};
  gaps_on_the_way_ = 0;
  paced_ = false;
  subscribed_ = false;
  held_until_.reset();
  suspects_.go_offline();
  for (ClassQueue& queue : queues_) queue.go_offline();
  gaps_.go_offline();
}

bool Sender::others_wait(Origin origin) const noexcept {
  const Origin other = origin == Origin::kLive ? Origin::kBacklog : Origin::kLive;
  return std::ranges::any_of(queues_, [&](const auto& queue) { return queue.waiting(other) > 0; });
}

bool Sender::has_share(Origin origin) const noexcept {
  const std::size_t share = window_ - window_ / 4;
  return on_the_way_[at(origin)] < share || !others_wait(origin);
}

Sender::Pick Sender::pick_from(ClassQueue& queue, const Now& now) {
  if (has_share(Origin::kLive)) {
    if (auto* item = queue.next(Origin::kLive)) return {&queue, item};
  }
  if (!has_share(Origin::kBacklog)) return {};
  auto* item = queue.next(Origin::kBacklog);
  if (item == nullptr) return {};
  if (pace_.try_take(now.hub)) return {&queue, item};
  paced_ = true;
  return {};
}

Sender::Pick Sender::pick(const Now& now) {
  const bool telemetry_first = turn_ >= kEventsForEachTelemetry;
  ClassQueue& events = queues_[index_of(Class::kEvent)];
  ClassQueue& telemetry = queues_[index_of(Class::kTelemetry)];
  Pick found = pick_from(telemetry_first ? telemetry : events, now);
  if (found.item == nullptr) found = pick_from(telemetry_first ? events : telemetry, now);
  if (found.item != nullptr) turn_ = found.queue == &events ? turn_ + 1 : 0;
  return found;
}

void Sender::note_sent(const Now& now, const Token& token) {
  if (on_the_way() == 0) progress_ = now.hub;
  suspects_.sent(token);
}

void Sender::send_gap(const Now& now, const Gap& gap, Actions& actions) {
  note_sent(now, {Token::Kind::kGap, gap.stream.cls, gap.id});
  actions.emplace_back(SendGap{connection_, gap, gaps_.way_of(gap.id)});
  gaps_.send(gap.id);
  ++gaps_on_the_way_;
}

void Sender::send_row(const Now& now, const Pick& pick, Actions& actions) {
  const RowPtr& row = pick.item->row;
  note_sent(now, token_of(*row));
  pick.queue->send(*pick.item);
  ++on_the_way_[at(pick.item->origin)];
  actions.emplace_back(SendRow{connection_, row, remaining_of(*row, now), pick.item->way});
}

void Sender::note_subscribed(const Now& now) noexcept {
  subscribed_ = true;
  if (is_tried()) held_until_ = now.hub + kTrial;
}

std::size_t Sender::window() const noexcept {
  if (!is_searching()) return window_;
  return subscribed_ && !held_until_ ? 1 : 0;
}

void Sender::send(const Now& now, Actions& actions) {
  if (!is_online() || is_paused(now)) return;
  paced_ = false;
  if (held_until_ && now.hub >= *held_until_) held_until_.reset();
  ClassQueue& alarms = queues_[index_of(Class::kAlarm)];
  while (on_the_way() < window()) {
    Pick found{&alarms, alarms.next(Origin::kBacklog)};
    if (found.item == nullptr) found.item = alarms.next(Origin::kLive);
    const Gap* gap = found.item == nullptr ? gaps_.next() : nullptr;
    if (gap != nullptr) {
      send_gap(now, *gap, actions);
      continue;
    }
    if (found.item == nullptr) found = pick(now);
    if (found.item == nullptr) return;
    send_row(now, found, actions);
  }
}

ClassQueue::Item* Sender::row_done(const Now& now, const Token& token) {
  auto* item = queues_[index_of(token.cls)].sent(token.id);
  if (item == nullptr) return nullptr;
  --on_the_way_[at(item->origin)];
  progress_ = now.hub;
  suspects_.acked(token);
  return item;
}

ClassQueue::Item* Sender::row_returned(const Now& now, const Token& token) {
  auto* item = row_done(now, token);
  if (item != nullptr) queues_[index_of(token.cls)].wait_again(*item);
  return item;
}

void Sender::gap_returned(const Now& now, const Token& token, Way way) {
  if (!gaps_.returned(token.id, way)) return;
  suspects_.acked(token);
  --gaps_on_the_way_;
  progress_ = now.hub;
}

// What is on its way may be returned too, and does not make it longer.
void Sender::pause(const Now& now) noexcept {
  if (is_paused(now)) return;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  paused_until_ = now.hub + pause_;
}

// A gap record is never guilty: without it the account would not be complete.
ClassQueue::Item* Sender::cut(const Now& now) {
  if (!has_held() || on_the_way() > 1) {
    suspects_.doubt();
    return nullptr;
  }
  const auto guilty = suspects_.cut();
  if (!guilty || guilty->kind == Token::Kind::kGap) return nullptr;
  return row_done(now, *guilty);
}

void Sender::forget(const Row& row) {
  suspects_.forget(token_of(row));
}

bool Sender::gap_done(const Now& now, const Token& token) {
  if (!gaps_.acked(token.id)) return false;
  suspects_.acked(token);
  --gaps_on_the_way_;
  progress_ = now.hub;
  return true;
}

std::optional<HubTime> Sender::owed_since() const noexcept {
  if (on_the_way() == 0) return std::nullopt;
  return progress_;
}

void Sender::find_wake(Wake& wake) const noexcept {
  if (paced_) wake.consider(pace_.next());
  wake.consider(paused_until_);
  if (held_until_) wake.consider(*held_until_);
}

}  // namespace edge::sync
