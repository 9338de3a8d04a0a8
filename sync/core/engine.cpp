#include "sync/core/engine.h"

#include <algorithm>
#include <utility>

namespace edge::sync {
namespace {

constexpr HubTime kCommitRetry = std::chrono::seconds(1);
constexpr HubTime kMetaInterval = std::chrono::hours(1);
constexpr HubTime kPruneInterval = std::chrono::hours(1);
constexpr std::size_t kMostOwn = 256;  // messages of the hub that wait for room

// Rises with each start. Where the store has lost it, a clock that is set still makes it rise.
std::uint32_t next_epoch(const Meta& meta, const Now& now) {
  std::uint32_t epoch = meta.epoch + 1;
  if (now.wall) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(*now.wall - HubClock::kSet);
    if (meta.epoch == 0) epoch = std::max(epoch, static_cast<std::uint32_t>(age.count()));
  }
  return epoch;
}

}  // namespace

Engine::Engine(const EngineOptions& options, Random& random)
    : outbox_(options.outbox, random),
      inbox_(options.inbox),
      link_(options.link, random),
      lanes_(options.lanes, outbox_) {}

Actions Engine::handle(const Moment& moment, Event event) {
  moment_ = moment;
  if (const auto* opened = std::get_if<Opened>(&event)) {
    clock_.open(opened->stored.meta.clock, moment);
  }
  now_ = clock_.read(moment);
  std::visit([this](auto& happened) { on(std::move(happened)); }, event);
  if (opened_) advance();
  return std::exchange(actions_, {});
}

void Engine::on(Opened event) {
  opened_ = true;
  Stored& stored = event.stored;
  outbox_.open(stored, next_epoch(stored.meta, now_), actions_);
  lanes_.open(now_, std::move(stored.lane), std::move(event.hub));
  inbox_.open(now_, std::move(stored.inbox));
  link_.open(event.connection);
  prune_due_ = now_.hub + kPruneInterval;
}

void Engine::on(Enqueue event) {
  outbox_.enqueue(now_, std::move(event), lanes_.lane(), actions_);
}

void Engine::on(Forget event) {
  outbox_.forget(event.ticket);
}

void Engine::on(Committed event) {
  committing_ = false;
  if (!event.status &&
      (event.status.error().code != Code::kResourceExhausted || !outbox_.is_committing_rows())) {
    retry_at_ = now_.hub + kCommitRetry;
  }
  if (committing_meta_ && event.status) meta_due_ = now_.hub + kMetaInterval;
  outbox_.settle(event.status, actions_);
  if (!event.status) lanes_.note_put_back();
  const Lane before = lanes_.lane();
  lanes_.settle(event.status, actions_);
  if (lanes_.lane() != before) link_.touch_presence();
  inbox_.settle(now_, event.status, actions_);
}

void Engine::on(const Loaded& event) {
  outbox_.loaded(now_, event);
}

void Engine::on(const Scanned& event) {
  outbox_.scanned(event);
}

void Engine::on(ReplyLoaded event) {
  if (outbox_.own_waiting() >= kMostOwn) {
    actions_.emplace_back(LeaveUnanswered{std::move(event.issuer), std::move(event.id)});
    return;
  }
  inbox_.reply_loaded(std::move(event));
}

void Engine::on(Connected event) {
  if (!link_.connected(now_, event)) return;
  subscribed_.clear();
  outbox_.go_online(now_, event.connection, event.window);
}

void Engine::on(Subscribed event) {
  if (!link_.subscribed(now_, event)) return;
  lanes_.reached(subscribed_);
  outbox_.note_subscribed(now_);
}

void Engine::on(Lost event) {
  const bool was_online = link_.is_online();
  // The link is well: it ended for what was on its way.
  if (outbox_.has_held()) link_.forgive();
  if (!link_.lost(now_, event)) return;
  if (was_online) {
    outbox_.lose(now_, actions_);
  } else {
    outbox_.lose_early();
  }
}

void Engine::on(Acked event) {
  if (event.connection != link_.connection() || !link_.is_up()) return;
  if (outbox_.is_searching()) link_.forgive();
  outbox_.acked(now_, event.token, actions_);
}

void Engine::on(Refused event) {
  if (event.connection == link_.connection() && link_.is_up()) {
    outbox_.refused(now_, event.token, actions_);
  }
}

void Engine::on(const Returned& event) {
  if (event.connection == link_.connection() && link_.is_up()) {
    outbox_.returned(now_, event, actions_);
  }
}

void Engine::on(Received event) {
  Lane hub = lanes_.lane();
  if (hub.gen == 0) hub.gen = lanes_.state().highest_gen;
  inbox_.received(now_, std::move(event), hub, actions_);
}

void Engine::on(const Assigned& event) {
  lanes_.assigned(now_, event, actions_);
}

void Engine::on(Executed event) {
  inbox_.executed(now_, std::move(event));
}

void Engine::on(Moved event) {
  lanes_.moved(std::move(event.move));
}

void Engine::on(const Prepared& event) {
  lanes_.prepared(now_, event);
}

void Engine::on(Settle) {
  outbox_.settle_now();
}

void Engine::on(Tick) {}

void Engine::say(Message message, std::uint64_t mark) {
  outbox_.enqueue(now_, {.message = std::move(message), .from = From::kHub, .mark = mark},
                  lanes_.lane(), actions_);
}

void Engine::take_messages() {
  auto replies = inbox_.take_replies();
  std::uint64_t mark = inbox_.replied() - replies.size();
  for (Message& message : replies) say(std::move(message), ++mark);
  for (Message& message : lanes_.take_messages()) say(std::move(message), 0);
  if (outbox_.holds_own(now_)) lanes_.note_put_back();
}

void Engine::advance() {
  if (now_.hub >= prune_due_) {
    prune_due_ = now_.hub + kPruneInterval;
    inbox_.prune(now_);
  }
  lanes_.advance(now_);
  take_messages();
  advance_link();
  outbox_.advance(now_, actions_);
  commit();
}

void Engine::subscribe() {
  auto lanes = lanes_.subscriptions();
  if (!link_.is_up() || lanes == subscribed_) return;
  subscribed_ = std::move(lanes);
  actions_.emplace_back(Subscribe{link_.connection(), subscribed_});
}

void Engine::advance_link() {
  // What the store has is known first, and that this start has an epoch of its own.
  if (!outbox_.is_scanning() && !outbox_.begins_epoch()) link_.start(now_);
  if (link_.advance(now_, outbox_.owed_since(), actions_)) outbox_.go_offline();
  subscribe();
  const bool is_due = link_.take_presence(now_);
  if (is_due) {
    actions_.emplace_back(
        SendPresence{link_.connection(), lanes_.lane(), outbox_.epoch(), outbox_.totals()});
  }
  const bool has_report = !lanes_.report().status.empty() && lanes_.has_moved();
  if (link_.is_online() && has_report && (lanes_.take_report_change() || is_due)) {
    SendLaneReport report = lanes_.report();
    report.connection = link_.connection();
    actions_.emplace_back(std::move(report));
  }
}

bool Engine::is_meta_due() const {
  return outbox_.begins_epoch() || now_.hub >= meta_due_;
}

bool Engine::wants_commit() const {
  return outbox_.wants_commit(now_) || inbox_.has_changes() || lanes_.has_changes() ||
         is_meta_due();
}

void Engine::commit() {
  if (committing_ || now_.hub < retry_at_ || !wants_commit()) return;
  Commit commit;
  lanes_.build(commit.writes);
  outbox_.build(now_, commit.writes, actions_);
  inbox_.build(now_, commit.writes, outbox_.first_mark());
  committing_meta_ = is_meta_due();
  if (committing_meta_) {
    commit.writes.emplace_back(PutMeta{{outbox_.epoch(), clock_.mark(now_)}});
  }
  if (commit.writes.empty()) return;
  committing_ = true;
  actions_.emplace_back(std::move(commit));
}

TimePoint Engine::next_wake() const {
  if (!opened_) return TimePoint::max();
  constexpr HubTime kFarthest = std::chrono::hours(24);
  Wake wake{.now = now_.hub};
  wake.consider(now_.hub + kFarthest);
  for (const HubTime when : {meta_due_, prune_due_, retry_at_}) wake.consider(when);
  outbox_.find_wake(wake);
  lanes_.find_wake(wake);
  link_.find_wake(outbox_.owed_since(), wake);
  return moment_.mono + (wake.at - now_.hub);
}

EngineStatus Engine::status() const {
  return {.online = link_.is_online(),
          .lane = lanes_.lane(),
          .phase = lanes_.state().phase,
          .highest_gen = lanes_.state().highest_gen,
          .epoch = outbox_.epoch(),
          .queued = outbox_.totals(),
          .gaps = outbox_.gaps(),
          .leaving = outbox_.leaving(),
          .commands = inbox_.size()};
}

}  // namespace edge::sync
