#include "sync/core/gaps.h"

#include <algorithm>
#include <utility>

namespace edge::sync {
namespace {

bool continues(const Gap& gap, const Row& row, Loss why) {
  return !gap.sent && gap.why == why && gap.first.epoch == row.number.epoch &&
         gap.last + 1 == row.number.seq && gap.lane == row.lane;
}

}  // namespace

void Gaps::open(std::vector<Gap> gaps) {
  for (Gap& gap : gaps) {
    last_id_ = std::max(last_id_, gap.id);
    if (!gap.sent) growing_[to_text(gap.stream)] = gap.id;
    const State state = gap.sent ? State::kReady : State::kHeld;
    const std::int64_t id = gap.id;
    entries_[id] = {.gap = std::move(gap), .state = state};
  }
}

void Gaps::note_change(Entry& entry) noexcept {
  if (!entry.changed) ++changes_;
  entry.changed = true;
}

void Gaps::add(const Row& row, Loss why) {
  const Message& message = *row.message;
  Gap gap{.stream = {message.cls, message.source, message.topic, message.key},
          .lane = row.lane,
          .first = row.number,
          .last = row.number.seq,
          .why = why};
  std::int64_t& growing = growing_[to_text(gap.stream)];
  const auto found = entries_.find(growing);
  if (found != entries_.end() && continues(found->second.gap, row, why)) {
    found->second.gap.last = row.number.seq;
    return note_change(found->second);
  }
  gap.id = growing = ++last_id_;
  Entry& entry = entries_[gap.id];
  entry.gap = std::move(gap);
  note_change(entry);
}

void Gaps::build(std::vector<Write>& writes) {
  if (changes_ == 0) return;
  for (auto& [id, entry] : entries_) {
    if (!entry.changed) continue;
    entry.changed = false;
    entry.committing = true;
    if (entry.state == State::kDone) {
      writes.emplace_back(RemoveGap{id});
    } else {
      writes.emplace_back(PutGap{entry.gap});
    }
  }
  changes_ = 0;
}

void Gaps::settle(const Status& status) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = at->second;
    if (!std::exchange(entry.committing, false)) {
      ++at;
    } else if (!status) {
      note_change(entry);
      ++at;
    } else if (entry.state == State::kDone) {
      at = entries_.erase(at);
    } else {
      if (entry.gap.sent && entry.state == State::kHeld && !entry.changed) {
        entry.state = State::kReady;
      }
      ++at;
    }
  }
}

void Gaps::prepare_to_send() {
  for (auto& [id, entry] : entries_) {
    if (entry.gap.sent) continue;
    entry.gap.sent = true;
    growing_.erase(to_text(entry.gap.stream));
    note_change(entry);
  }
}

const Gap* Gaps::next() {
  for (auto& [id, entry] : entries_) {
    if (entry.state == State::kReady) return &entry.gap;
  }
  return nullptr;
}

void Gaps::send(std::int64_t id) {
  entries_.at(id).state = State::kSent;
}

bool Gaps::acked(std::int64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.state != State::kSent) return false;
  found->second.state = State::kDone;
  note_change(found->second);
  return true;
}

void Gaps::go_offline() {
  for (auto& [id, entry] : entries_) {
    if (entry.state == State::kSent) entry.state = State::kReady;
  }
}

}  // namespace edge::sync
