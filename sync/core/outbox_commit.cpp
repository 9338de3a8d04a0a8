// What the outbox adds to a commit, and what it makes of the outcome.
#include <algorithm>
#include <utility>

#include "sync/core/outbox.h"

namespace edge::sync {
namespace {

constexpr std::size_t kMaxInserts = 64;
constexpr std::int64_t kMaxInsertBytes = 512 << 10;
constexpr std::size_t kMaxRemovals = 256;
constexpr std::int64_t kDropsAtOnce = 16;  // at least, where the disk is full
constexpr unsigned kMaxFullRounds = 8;
constexpr HubTime kOwnRetry = std::chrono::seconds(1);

Error class_full(Class cls) {
  return {Code::kResourceExhausted, "the outbox holds as many messages of class " +
                                        std::string(name_of(cls)) +
                                        " as it may: try again when the cloud is there"};
}

Error too_many_gaps() {
  return {Code::kResourceExhausted,
          "too many gap records wait for the cloud, so no older message can be dropped for this "
          "one: try again when the cloud is there"};
}

Error disk_full() {
  return {Code::kResourceExhausted, "the disk is full: no message can be kept for the cloud"};
}

}  // namespace

Outbox::Room Outbox::drop_oldest(Class cls, Actions& actions) {
  if (options_.limits[index_of(cls)].on_full != OnFull::kDropOldest) return Room::kNone;
  ClassQueue& queue = queues_[index_of(cls)];
  if (auto* item = queue.oldest()) {
    if (!gaps_.has_room_for(*item->row, Loss::kDropped)) return Room::kNone;
    // Those of this commit are better dropped, with the next one.
    if (item->in_doubt && numbered_[index_of(cls)].rows > 0) return Room::kLater;
    give_up(queue, *item, Loss::kDropped, actions);
    return Room::kMade;
  }
  if (queue.correct_totals()) return Room::kMade;
  if (!queue.has_deep() || gaps_.is_full()) return Room::kNone;
  needs_oldest_[index_of(cls)] = true;
  return Room::kLater;
}

ClassLimits Outbox::limits_of(const Arrival& arrival) const {
  ClassLimits limits = options_.limits[index_of(arrival.message->cls)];
  if (arrival.from == From::kApp) return limits;
  limits.max_rows += options_.own_rows;
  limits.max_bytes += options_.own_bytes;
  return limits;
}

Error Outbox::why_full(Class cls) const {
  const bool may_drop = options_.limits[index_of(cls)].on_full == OnFull::kDropOldest;
  return may_drop && gaps_.is_full() ? too_many_gaps() : class_full(cls);
}

Outbox::Room Outbox::make_room(const Arrival& arrival, Actions& actions) {
  const Class cls = arrival.message->cls;
  const ClassQueue& queue = queues_[index_of(cls)];
  const ClassLimits limits = limits_of(arrival);
  const Totals& numbered = numbered_[index_of(cls)];
  const std::int64_t rows = numbered.rows + 1;
  const auto bytes = numbered.bytes + static_cast<std::int64_t>(size_of(*arrival.message));
  while (queue.staying_rows() + rows > limits.max_rows ||
         queue.staying_bytes() + bytes > limits.max_bytes) {
    const Room room = drop_oldest(cls, actions);
    if (room != Room::kMade) return room;
  }
  return Room::kMade;
}

void Outbox::make_disk_room(Actions& actions) {
  if (leaving() > 0) return;
  for (const Class cls : {Class::kTelemetry, Class::kEvent}) {
    const std::int64_t goal =
        std::max(kDropsAtOnce, queues_[index_of(cls)].staying_rows() / kDropsAtOnce);
    std::int64_t dropped = 0;
    Room room = Room::kMade;
    while (dropped < goal && room == Room::kMade) {
      room = drop_oldest(cls, actions);
      if (room == Room::kMade) ++dropped;
    }
    if (dropped > 0 || room == Room::kLater) return;
  }
  refuse_all(actions);
}

void Outbox::refuse_all(Actions& actions) {
  disk_full_ = false;
  full_rounds_ = 0;
  own_after_ = built_ + kOwnRetry;
  intake_.refuse_all(disk_full(), actions);
}

void Outbox::number_line(Line line, const Now& now, Actions& actions) {
  std::int64_t bytes = 0;
  for (const Totals& each : numbered_) bytes += each.bytes;
  while (const Arrival* arrival = intake_.first(line)) {
    if (intake_.numbered() >= kMaxInserts || bytes >= kMaxInsertBytes) return;
    const Class cls = arrival->message->cls;
    const auto size = static_cast<std::int64_t>(size_of(*arrival->message));
    const Room room = make_room(*arrival, actions);
    if (room == Room::kLater) return;
    if (room == Room::kNone && line == Line::kHub) {
      own_after_ = now.hub + kOwnRetry;
      return;
    }
    if (room == Room::kNone) {
      intake_.refuse(line, why_full(cls), actions);
      continue;
    }
    intake_.number(line, queues_[index_of(cls)].next_row(), now);
    ++numbered_[index_of(cls)].rows;
    numbered_[index_of(cls)].bytes += size;
    bytes += size;
  }
}

void Outbox::number_arrivals(const Now& now, Actions& actions) {
  for (const Line line : kAllLines) {
    if (line != Line::kHub || !holds_own(now)) number_line(line, now, actions);
  }
}

void Outbox::build_removals(const Now& now, std::vector<Write>& writes) {
  leaving_since_.reset();
  for (const Class cls : kAllClasses) {
    auto& rows = removing_[index_of(cls)];
    rows = queues_[index_of(cls)].take_leaving(kMaxRemovals);
    for (const std::int64_t row : rows) writes.emplace_back(RemoveRow{cls, row});
  }
  if (leaving() > 0) leaving_since_ = now.hub;
}

void Outbox::build_retag(std::vector<Write>& writes) {
  if (!retagging_) return;
  for (const Class cls : kAllClasses) {
    retagging_->writes.push_back({cls, retagging_->from, retagging_->to,
                                  retagging_->upto[index_of(cls)],
                                  queues_[index_of(cls)].sent_rows()});
    writes.emplace_back(retagging_->writes.back());
  }
}

void Outbox::build_inserts(std::vector<Write>& writes) {
  for (const auto& numbered : intake_.numbered_rows()) writes.emplace_back(InsertRow{numbered.row});
  for (const Class cls : kAllClasses) {
    const Totals& more = numbered_[index_of(cls)];
    const auto& rows = removing_[index_of(cls)];
    if (more.rows == 0 && rows.empty()) continue;
    writes.emplace_back(PutTotals{cls, queues_[index_of(cls)].totals_after(rows, more)});
  }
}

void Outbox::build(const Now& now, std::vector<Write>& writes, Actions& actions) {
  numbered_ = {};
  built_ = now.hub;
  if (disk_full_) {
    make_disk_room(actions);
  } else {
    number_arrivals(now, actions);
  }
  build_removals(now, writes);
  build_inserts(writes);
  build_retag(writes);
  gaps_.build(writes);
}

void Outbox::store_numbered(Actions& actions) {
  for (auto& numbered : intake_.take_numbered()) {
    const Row& row = *numbered.row;
    ClassQueue& queue = queues_[index_of(row.message->cls)];
    if (numbered.arrival.wanted == Durability::kCommitted && numbered.arrival.ticket != 0) {
      actions.emplace_back(
          Answer{numbered.arrival.ticket, Receipt{Durability::kCommitted, row.id, row.number}});
    } else if (numbered.arrival.ticket != 0) {
      cloud_waits_[index_of(row.message->cls)][row.row] = numbered.arrival.ticket;
    }
    queue.inserted(static_cast<std::int64_t>(size_of(*row.message)));
    queue.committed(numbered.row, *numbered.stream);
  }
}

void Outbox::settle_failed(const Error& error, Actions& actions) {
  for (const Class cls : kAllClasses) {
    queues_[index_of(cls)].put_back(std::exchange(removing_[index_of(cls)], {}));
  }
  if (leaving() > 0) leaving_since_ = HubTime(0);
  if (retagging_) retagging_->writes.clear();
  if (intake_.numbered() == 0) return;
  if (error.code != Code::kResourceExhausted) {
    return intake_.refuse_numbered(error.within("keep a message for the cloud"), actions);
  }
  intake_.put_back();
  disk_full_ = true;
  if (++full_rounds_ >= kMaxFullRounds) refuse_all(actions);
}

void Outbox::settle(const Status& status, Actions& actions) {
  gaps_.settle(status);
  if (!status) return settle_failed(status.error(), actions);
  for (const Class cls : kAllClasses) {
    auto& rows = removing_[index_of(cls)];
    if (!rows.empty()) disk_full_ = false;
    queues_[index_of(cls)].removed(std::exchange(rows, {}));
  }
  if (intake_.numbered() > 0) full_rounds_ = 0;
  store_numbered(actions);
  if (!retagging_ || retagging_->writes.empty()) return;
  for (const RetagRows& how : retagging_->writes) queues_[index_of(how.cls)].retag(how);
  retagging_.reset();
}

}  // namespace edge::sync
