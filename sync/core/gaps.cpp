#include "sync/core/gaps.h"

#include <algorithm>
#include <utility>

namespace edge::sync {
namespace {

constexpr int kIdsOfAnEpoch = 24;  // so many bits

bool continues(const Gap& gap, const Row& row, Loss why) {
  return !gap.sent && gap.why == why && gap.last.epoch == row.number.epoch &&
         gap.last.seq + 1 == row.number.seq && gap.lane == row.lane;
}

}  // namespace

void Gaps::open(std::vector<Gap> gaps, std::uint32_t epoch) {
  last_id_ = std::int64_t{epoch} << kIdsOfAnEpoch;
  for (Gap& gap : gaps) {
    const std::int64_t id = gap.id;
    last_id_ = std::max(last_id_, id);
    if (gap.sent) {
      ready_.insert(id);
    } else {
      held_.insert(id);
      growing_[to_text(gap.stream)] = id;
    }
    entries_[id].gap = std::move(gap);
  }
}

bool Gaps::has_room_for(const Row& row, Loss why) const {
  if (!is_full()) return true;
  const auto growing = growing_.find(stream_of(*row.message));
  if (growing == growing_.end()) return false;
  const auto found = entries_.find(growing->second);
  return found != entries_.end() && continues(found->second.gap, row, why);
}

void Gaps::add(const Row& row, Loss why) {
  const Message& message = *row.message;
  std::int64_t& growing = growing_[stream_of(message)];
  const auto found = entries_.find(growing);
  if (found != entries_.end() && continues(found->second.gap, row, why)) {
    found->second.gap.last = row.number;
    ++found->second.gap.count;
    changed_.insert(growing);
    return;
  }
  growing = ++last_id_;
  held_.insert(growing);
  entries_[growing].gap = {.id = growing,
                           .stream = {message.cls, message.source, message.topic, message.key},
                           .lane = row.lane,
                           .first = row.number,
                           .last = row.number,
                           .count = 1,
                           .why = why};
  changed_.insert(growing);
}

void Gaps::build(std::vector<Write>& writes) {
  for (const std::int64_t id : changed_) {
    const Entry& entry = entries_.at(id);
    committing_.push_back(id);
    if (entry.done) {
      writes.emplace_back(RemoveGap{id});
    } else {
      writes.emplace_back(PutGap{entry.gap});
    }
  }
  changed_.clear();
}

void Gaps::settle(const Status& status) {
  for (const std::int64_t id : std::exchange(committing_, {})) {
    const Entry& entry = entries_.at(id);
    if (!status) {
      changed_.insert(id);
    } else if (changed_.contains(id)) {
      continue;  // the store is behind again
    } else if (entry.done) {
      entries_.erase(id);
    } else if (entry.gap.sent) {
      ready_.insert(id);
    }
  }
}

void Gaps::prepare_to_send() {
  for (const std::int64_t id : held_) {
    entries_.at(id).gap.sent = true;
    changed_.insert(id);
  }
  held_.clear();
  growing_.clear();
}

const Gap* Gaps::next() const {
  return ready_.empty() ? nullptr : &entries_.at(*ready_.begin()).gap;
}

void Gaps::send(std::int64_t id) {
  ready_.erase(id);
  on_the_way_.insert(id);
}

bool Gaps::acked(std::int64_t id) {
  if (on_the_way_.erase(id) == 0) return false;
  entries_.at(id).done = true;
  changed_.insert(id);
  return true;
}

bool Gaps::returned(std::int64_t id, Way way) {
  if (on_the_way_.erase(id) == 0) return false;
  entries_.at(id).way = way;
  ready_.insert(id);
  return true;
}

void Gaps::go_offline() {
  ready_.merge(on_the_way_);
}

}  // namespace edge::sync
