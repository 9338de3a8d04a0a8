#include "sync/core/class_queue.h"

#include <algorithm>
#include <utility>

namespace edge::sync {
namespace {

constexpr std::size_t kPageRows = 64;
constexpr std::size_t kPageBytes = 256 << 10;
constexpr std::size_t kLowRows = 32;
constexpr std::size_t kRoomRows = 128;
constexpr std::size_t kRoomBytes = 256 << 10;

}  // namespace

bool ClassQueue::Room::has_more() const noexcept {
  return rows < kRoomRows && bytes < kRoomBytes;
}

std::int64_t ClassQueue::open(const Totals& totals) {
  totals_ = totals;
  if (totals.rows > 0) last_deep_ = scanning_upto_ = totals.last_row;
  streams_.assume_deep(cls_, scanning_upto_);
  return scanning_upto_;
}

void ClassQueue::end_scan() {
  const std::int64_t assumed = std::exchange(scanning_upto_, 0);
  for (auto at = items_.begin(); at != items_.end();) {
    Item& item = at->second;
    if (item.after == assumed) item.after = item.stream->old;
    // It has to wait for the backlog, and is read again with it.
    if (item.state == State::kWaiting && at->first > loaded_to_ && !may_go(item)) {
      item.stream->deep = std::max(item.stream->deep, at->first);
      last_deep_ = std::max(last_deep_, at->first);
      --room_of(item).waiting;
      at = erase(at);
    } else {
      ++at;
    }
  }
}

void ClassQueue::inserted(std::int64_t bytes) noexcept {
  ++totals_.rows;
  totals_.bytes += bytes;
}

void ClassQueue::add(RowPtr row, Stream& stream, Origin origin) {
  if (row->expires > HubTime(0)) next_expiry_ = std::min(next_expiry_, row->expires);
  const std::int64_t at = row->row;
  auto& item = items_[at];
  item = {.row = std::move(row), .stream = &stream, .origin = origin};
  if (origin == Origin::kLive) item.after = stream.deep;
  Room& room = room_of(item);
  room.bytes += size_of(*item.row->message);
  ++room.rows;
  ++room.waiting;
}

ClassQueue::Items::iterator ClassQueue::erase(Items::iterator at) {
  const Item& item = at->second;
  Room& room = room_of(item);
  room.bytes -= size_of(*item.row->message);
  --room.rows;
  Streams::release(*item.stream);
  return items_.erase(at);
}

void ClassQueue::committed(RowPtr row, Stream& stream) {
  const bool is_live = scanning_upto_ != 0 || stream.deep <= loaded_to_;
  if (is_live && rooms_[static_cast<std::size_t>(Origin::kLive)].has_more()) {
    return add(std::move(row), stream, Origin::kLive);
  }
  stream.deep = last_deep_ = row->row;
  Streams::release(stream);
}

bool ClassQueue::may_go(const Item& item) const noexcept {
  return item.after <= loaded_to_;
}

bool ClassQueue::may_load() const noexcept {
  const Room& room = rooms_[static_cast<std::size_t>(Origin::kBacklog)];
  return has_deep() && room.has_more() && room.waiting < kLowRows;
}

std::optional<Load> ClassQueue::load() {
  if (is_loading() || !may_load()) return std::nullopt;
  loading_upto_ = last_deep_;
  return Load{cls_, loaded_to_, last_deep_, kPageRows, kPageBytes};
}

void ClassQueue::loaded(const Loaded& loaded) {
  const std::int64_t upto = std::exchange(loading_upto_, 0);
  if (!loaded.rows) return;
  for (const RowPtr& row : *loaded.rows) {
    loaded_to_ = std::max(loaded_to_, row->row);
    if (items_.contains(row->row)) continue;  // it was live
    add(row, streams_.use(stream_of(*row->message)), Origin::kBacklog);
  }
  if (loaded.complete) loaded_to_ = std::max(loaded_to_, upto);
}

ClassQueue::Item* ClassQueue::next(Origin origin) {
  if (waiting(origin) == 0) return nullptr;
  ++round_;
  for (auto& [row, item] : items_) {
    Stream& stream = *item.stream;
    if (stream.round != round_) {
      stream.round = round_;
      stream.blocked = false;
      stream.lane = nullptr;
    }
    if (item.state == State::kSent) {
      stream.lane = item.way == Way::kBase ? &kBaseName : &item.row->lane.id;
    }
    if (item.state != State::kWaiting || stream.blocked) continue;
    const std::string* way = detours_.way_of(*item.row);
    const bool same_way = way != nullptr && (stream.lane == nullptr || *stream.lane == *way);
    if (same_way && !item.overdue && item.origin == origin && may_go(item)) return &item;
    stream.blocked = true;
  }
  return nullptr;
}

void ClassQueue::send(Item& item) noexcept {
  item.state = State::kSent;
  item.way = detours_.way_of(*item.row) == &kBaseName ? Way::kBase : Way::kLane;
  --room_of(item).waiting;
}

void ClassQueue::wait_again(Item& item) noexcept {
  item.state = State::kWaiting;
  ++room_of(item).waiting;
  const HubTime expires = item.row->expires;
  if (expires > HubTime(0)) next_expiry_ = std::min(next_expiry_, expires);
}

std::size_t ClassQueue::waiting(Origin origin) const noexcept {
  return rooms_[static_cast<std::size_t>(origin)].waiting;
}

ClassQueue::Item* ClassQueue::oldest() {
  Item* in_doubt = nullptr;
  for (auto& [row, item] : items_) {
    if (row > loaded_to_ && has_deep()) break;
    if (item.state != State::kWaiting) continue;
    if (!item.in_doubt) return &item;
    if (in_doubt == nullptr) in_doubt = &item;
  }
  const bool may_find_others = is_loading() || may_load();
  return may_find_others ? nullptr : in_doubt;
}

ClassQueue::Item* ClassQueue::expired(HubTime now, const MayLeave& may_leave) {
  if (now < next_expiry_) return nullptr;
  for (auto& [row, item] : items_) {
    const HubTime expires = item.row->expires;
    if (item.state != State::kWaiting || expires == HubTime(0) || expires > now) continue;
    if (may_leave(*item.row)) return &item;
    item.overdue = true;
  }
  find_expiry();
  return nullptr;
}

void ClassQueue::find_expiry() {
  next_expiry_ = HubTime::max();
  for (const auto& [row, item] : items_) {
    const HubTime expires = item.row->expires;
    if (item.state == State::kWaiting && expires > HubTime(0)) {
      next_expiry_ = std::min(next_expiry_, expires);
    }
  }
}

std::optional<HubTime> ClassQueue::next_expiry() const noexcept {
  if (next_expiry_ == HubTime::max()) return std::nullopt;
  return next_expiry_;
}

ClassQueue::Item* ClassQueue::sent(std::int64_t row) {
  const auto at = items_.find(row);
  if (at == items_.end() || at->second.state != State::kSent) return nullptr;
  return &at->second;
}

void ClassQueue::leave(Item& item) {
  if (item.state == State::kWaiting) --room_of(item).waiting;
  item.state = State::kLeaving;
  ++leaving_rows_;
  leaving_bytes_ += static_cast<std::int64_t>(size_of(*item.row->message));
  ++to_remove_;
}

void ClassQueue::go_offline() {
  for (auto& [row, item] : items_) {
    if (item.state != State::kSent) continue;
    item.in_doubt = true;
    wait_again(item);
  }
}

std::vector<std::int64_t> ClassQueue::take_leaving(std::size_t limit) {
  std::vector<std::int64_t> rows;
  if (to_remove_ == 0) return rows;
  for (auto& [row, item] : items_) {
    if (rows.size() == limit) break;
    if (item.state != State::kLeaving || item.removing) continue;
    item.removing = true;
    rows.push_back(row);
  }
  to_remove_ -= rows.size();
  return rows;
}

bool ClassQueue::correct_totals() noexcept {
  if (has_deep() || !items_.empty() || (totals_.rows == 0 && totals_.bytes == 0)) return false;
  totals_.rows = 0;
  totals_.bytes = 0;
  return true;
}

Totals ClassQueue::totals_after(const std::vector<std::int64_t>& removed,
                                const Totals& more) const {
  Totals after = totals_;
  after.rows += more.rows - static_cast<std::int64_t>(removed.size());
  after.bytes += more.bytes;
  for (const std::int64_t row : removed) {
    after.bytes -= static_cast<std::int64_t>(size_of(*items_.at(row).row->message));
  }
  return after;
}

void ClassQueue::removed(const std::vector<std::int64_t>& rows) {
  for (const std::int64_t row : rows) {
    const auto at = items_.find(row);
    if (at == items_.end()) continue;
    const auto bytes = static_cast<std::int64_t>(size_of(*at->second.row->message));
    erase(at);
    leaving_bytes_ -= bytes;
    totals_.bytes -= bytes;
    --leaving_rows_;
    --totals_.rows;
  }
}

void ClassQueue::put_back(const std::vector<std::int64_t>& rows) {
  for (const std::int64_t row : rows) items_.at(row).removing = false;
  to_remove_ += rows.size();
}

bool ClassQueue::is_drained_to(std::int64_t row) const {
  const bool none_in_store = !has_deep() || loaded_to_ >= row;
  return none_in_store && (items_.empty() || items_.begin()->first > row);
}

std::vector<std::int64_t> ClassQueue::sent_rows() const {
  std::vector<std::int64_t> rows;
  for (const auto& [row, item] : items_) {
    if (item.state == State::kSent) rows.push_back(row);
  }
  return rows;
}

void ClassQueue::retag(const RetagRows& how) {
  for (auto& [row, item] : items_) {
    if (row > how.upto || item.row->lane.id != how.from) continue;
    if (std::ranges::find(how.except, row) != how.except.end()) continue;
    auto changed = std::make_shared<Row>(*item.row);
    changed->lane_from = changed->lane.id;
    changed->lane = how.to;
    item.row = std::move(changed);
  }
}

}  // namespace edge::sync
