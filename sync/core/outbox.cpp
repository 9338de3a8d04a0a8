#include "sync/core/outbox.h"

#include <algorithm>
#include <utility>

namespace edge::sync {
namespace {

using std::chrono::seconds;

// Removals wait for company, as each commit wears the flash.
constexpr std::size_t kRemovalsAtOnce = 64;
constexpr HubTime kRemovalDelay = seconds(1);
constexpr HubTime kLoadRetry = seconds(1);

Error given_up(Loss why) {
  if (why == Loss::kExpired) {
    return {Code::kDeadlineExceeded, "the message expired before the cloud had it"};
  }
  if (why == Loss::kUnsendable) {
    return {Code::kInvalidArgument, "the cloud ended each connection on which it got this message"};
  }
  if (why == Loss::kRefused) {
    return {Code::kInvalidArgument, "the cloud does not take this message"};
  }
  return {Code::kResourceExhausted, "the message was dropped, as the outbox is full of newer ones"};
}

}  // namespace

Outbox::Outbox(const OutboxOptions& options, Random& random)
    : options_(options),
      streams_(options.max_streams),
      gaps_(options.max_gaps),
      intake_(streams_, random),
      queues_{ClassQueue{Class::kAlarm, streams_, detours_},
              ClassQueue{Class::kEvent, streams_, detours_},
              ClassQueue{Class::kTelemetry, streams_, detours_}},
      sender_(queues_, gaps_, options.drain) {}

void Outbox::open(const Stored& stored, std::uint32_t epoch, Actions& actions) {
  intake_.open(epoch);
  gaps_.open(stored.gaps, epoch);
  for (const Class cls : kAllClasses) {
    const std::int64_t upto = queues_[index_of(cls)].open(stored.totals[index_of(cls)]);
    if (upto == 0) continue;
    actions.emplace_back(Scan{cls, upto, options_.max_streams / kClasses});
    ++scans_;
  }
}

std::optional<Error> Outbox::check(const Enqueue& what) const {
  if (what.from == From::kHub) return std::nullopt;
  const ClassLimits& limits = options_.limits[index_of(what.message.cls)];
  const auto bytes = static_cast<std::int64_t>(size_of(what.message));
  if (bytes > limits.max_bytes || limits.max_rows < 1) {
    return Error{Code::kInvalidArgument,
                 "the message is larger than all that its class may hold: " +
                     std::to_string(bytes) + " of " + std::to_string(limits.max_bytes)};
  }
  if (intake_.waiting() < options_.max_arrivals) return std::nullopt;
  return Error{Code::kResourceExhausted, "too many messages wait for the disk: try again"};
}

void Outbox::enqueue(const Now& now, Enqueue what, const Lane& hub_lane, Actions& actions) {
  if (auto refusal = check(what)) {
    if (what.ticket != 0) actions.emplace_back(Answer{what.ticket, std::move(*refusal)});
    return;
  }
  Lane lane = what.message.lane.value_or(hub_lane);
  intake_.add({.ticket = what.ticket,
               .wanted = what.wanted,
               .message = std::make_shared<const Message>(std::move(what.message)),
               .lane = std::move(lane),
               .enqueued = now.hub,
               .from = what.from,
               .mark = what.mark});
}

void Outbox::forget(Ticket ticket) {
  intake_.forget(ticket);
  for (auto& waits : cloud_waits_) {
    std::erase_if(waits, [&](const auto& wait) { return wait.second == ticket; });
  }
}

void Outbox::loaded(const Now& now, const Loaded& loaded) {
  if (!loaded.rows) load_after_ = now.hub + kLoadRetry;
  if (loaded.rows) needs_oldest_[index_of(loaded.cls)] = false;
  queues_[index_of(loaded.cls)].loaded(loaded);
}

void Outbox::scanned(const Scanned& scanned) {
  --scans_;
  if (scanned.streams) {
    streams_.learn(scanned.cls, *scanned.streams);
  } else {
    streams_.learn_nothing(scanned.cls);
  }
  queues_[index_of(scanned.cls)].end_scan();
}

void Outbox::go_online(const Now& now, Connection connection, std::size_t window) {
  sender_.go_offline();
  sender_.go_online(now, connection, window);
  detours_.ask_again();
}

void Outbox::answer_cloud(const Row& row, const std::optional<Error>& error, Actions& actions) {
  auto& waits = cloud_waits_[index_of(row.message->cls)];
  const auto found = waits.find(row.row);
  if (found == waits.end()) return;
  Result<Receipt> receipt = Receipt{Durability::kCloud, row.id, row.number};
  if (error) receipt = *error;
  actions.emplace_back(Answer{found->second, std::move(receipt)});
  waits.erase(found);
}

void Outbox::acked(const Now& now, const Token& token, Actions& actions) {
  sender_.end_pause();
  if (token.kind == Token::Kind::kGap) {
    sender_.gap_done(now, token);
    return;
  }
  auto* item = sender_.row_done(now, token);
  if (item == nullptr) return;
  detours_.taken(item->way == Way::kBase ? kBaseName : item->row->lane.id, *item->row);
  answer_cloud(*item->row, std::nullopt, actions);
  queues_[index_of(token.cls)].leave(*item);
  if (!leaving_since_) leaving_since_ = now.hub;
}

void Outbox::refused(const Now& now, const Token& token, Actions& actions) {
  if (token.kind == Token::Kind::kGap) {
    sender_.gap_done(now, token);
    return;
  }
  auto* item = sender_.row_done(now, token);
  if (item != nullptr) give_up(queues_[index_of(token.cls)], *item, Loss::kRefused, actions);
}

void Outbox::return_row(const Now& now, ClassQueue::Item& item, Return why, Actions& actions) {
  const Row& row = *item.row;
  const bool by_base = item.way == Way::kBase || row.lane.id == kBaseName;
  if (why == Return::kBusy) return sender_.pause(now);
  if (why == Return::kUnclaimed && !by_base) return detours_.go_by_base(now, row);
  if (detours_.wait(now, by_base ? kBaseName : row.lane.id, row)) return;
  give_up(queues_[index_of(row.message->cls)], item, Loss::kRefused, actions);
}

void Outbox::returned(const Now& now, const Returned& event, Actions& actions) {
  if (event.token.kind == Token::Kind::kRow) {
    auto* item = sender_.row_returned(now, event.token);
    if (item != nullptr) return_row(now, *item, event.why, actions);
    return;
  }
  const bool unclaimed = event.why == Return::kUnclaimed;
  sender_.gap_returned(now, event.token, unclaimed ? Way::kBase : Way::kLane);
  if (!unclaimed) sender_.pause(now);
}

void Outbox::lose_early() {
  sender_.doubt();
  sender_.go_offline();
}

void Outbox::lose(const Now& now, Actions& actions) {
  if (auto* item = sender_.cut(now)) {
    actions.emplace_back(SetAside{item->row, Suspects::kMostEnds});
    give_up(queues_[index_of(item->row->message->cls)], *item, Loss::kUnsendable, actions);
  }
  sender_.go_offline();
}

void Outbox::give_up(ClassQueue& queue, ClassQueue::Item& item, Loss why, Actions& actions) {
  gaps_.add(*item.row, why);
  sender_.forget(*item.row);
  answer_cloud(*item.row, given_up(why), actions);
  queue.leave(item);
}

std::array<Totals, kClasses> Outbox::totals() const {
  std::array<Totals, kClasses> all{};
  for (const Class cls : kAllClasses) all[index_of(cls)] = queues_[index_of(cls)].totals();
  return all;
}

Outbox::Marks Outbox::marks() const {
  Marks marks{};
  for (const Class cls : kAllClasses) {
    // What waits to be numbered has been stamped already.
    marks[index_of(cls)] = queues_[index_of(cls)].totals().last_row +
                           static_cast<std::int64_t>(intake_.waiting() + intake_.own_waiting());
  }
  return marks;
}

bool Outbox::is_drained_to(const Marks& marks) const {
  if (own_waiting() > 0) return false;  // stamped, and without a row
  return std::ranges::all_of(kAllClasses, [&](Class cls) {
    return queues_[index_of(cls)].is_drained_to(marks[index_of(cls)]);
  });
}

void Outbox::retag(const std::string& from, const Lane& to, const Marks& marks) {
  retagging_ = Retagging{.from = from, .to = to, .upto = marks};
}

std::size_t Outbox::leaving() const {
  std::size_t count = 0;
  for (const ClassQueue& queue : queues_) count += queue.leaving();
  return count;
}

bool Outbox::wants_commit(const Now& now) const {
  if (intake_.waiting() > 0 || gaps_.has_changes() || retagging_) return true;
  if (own_waiting() > 0 && !holds_own(now)) return true;
  const std::size_t rows = leaving();
  const bool is_old = leaving_since_ && now.hub >= *leaving_since_ + kRemovalDelay;
  return rows >= kRemovalsAtOnce || (rows > 0 && is_old);
}

void Outbox::settle_now() noexcept {
  if (leaving_since_) leaving_since_ = HubTime(0);
}

// Where there are too many gap records, it stays until some were sent.
void Outbox::drop_expired(const Now& now, Actions& actions) {
  const auto has_account = [this](const Row& row) {
    return gaps_.has_room_for(row, Loss::kExpired);
  };
  for (const Class cls : kAllClasses) {
    ClassQueue& queue = queues_[index_of(cls)];
    bool found = false;
    while (auto* item = queue.expired(now.hub, has_account)) {
      give_up(queue, *item, Loss::kExpired, actions);
      found = true;
    }
    if (found && queue.has_deep()) needs_oldest_[index_of(cls)] = true;
  }
}

void Outbox::load(const Now& now, Actions& actions) {
  if (now.hub < load_after_) return;
  for (const Class cls : kAllClasses) {
    if (!sender_.is_online() && !needs_oldest_[index_of(cls)]) continue;
    if (auto load = queues_[index_of(cls)].load()) actions.emplace_back(*load);
  }
}

void Outbox::advance(const Now& now, Actions& actions) {
  if (now.hub >= next_sweep_) {
    next_sweep_ = now.hub + options_.sweep;
    needs_oldest_.fill(true);
  }
  detours_.advance(now);
  drop_expired(now, actions);
  load(now, actions);
  if (gaps_.size() > 0 && sender_.is_online()) gaps_.prepare_to_send();
  if (!retagging_) sender_.send(now, actions);
}

void Outbox::find_wake(Wake& wake) const {
  wake.consider(next_sweep_);
  wake.consider(load_after_);
  if (own_waiting() > 0) wake.consider(own_after_);
  sender_.find_wake(wake);
  detours_.find_wake(wake);
  if (leaving_since_) wake.consider(*leaving_since_ + kRemovalDelay);
  for (const ClassQueue& queue : queues_) {
    if (const auto expiry = queue.next_expiry()) wake.consider(*expiry);
  }
}

}  // namespace edge::sync
