#include "tests/sim/disk.h"

#include <algorithm>

namespace edge::sync::sim {
namespace {

constexpr std::int64_t kGapBytes = 120;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

std::int64_t bytes_of(const Row& row) {
  return static_cast<std::int64_t>(size_of(*row.message));
}

std::int64_t bytes_of(const InboxRow& row) {
  return static_cast<std::int64_t>(200 + row.command.payload.size() + row.reply.body.size());
}

// How much more the tables hold after a write; what is replaced is counted as well.
std::int64_t growth(const Tables& tables, const Write& write) {
  return std::visit(
      Overloaded{[](const InsertRow& put) { return bytes_of(*put.row); },
                 [&](const RemoveRow& remove) {
                   const auto& rows = tables.rows[index_of(remove.cls)];
                   const auto found = rows.find(remove.row);
                   return found == rows.end() ? std::int64_t{0} : -bytes_of(*found->second);
                 },
                 [&](const PutGap& put) {
                   return tables.gaps.contains(put.gap.id) ? std::int64_t{0} : kGapBytes;
                 },
                 [](const RemoveGap&) { return -kGapBytes; },
                 [](const PutCommand& put) { return bytes_of(put.row); },
                 [](const auto&) { return std::int64_t{0}; }},
      write);
}

void retag(std::map<std::int64_t, RowPtr>& rows, const RetagRows& how) {
  for (auto& [number, row] : rows) {
    if (number > how.upto || row->lane.id != how.from) continue;
    if (std::ranges::find(how.except, number) != how.except.end()) continue;
    auto changed = std::make_shared<Row>(*row);
    changed->lane_from = changed->lane.id;
    changed->lane = how.to;
    row = std::move(changed);
  }
}

}  // namespace

void Tables::apply(const Write& write) {
  std::visit(
      Overloaded{[&](const InsertRow& put) {
                   rows[index_of(put.row->message->cls)][put.row->row] = put.row;
                 },
                 [&](const RemoveRow& remove) { rows[index_of(remove.cls)].erase(remove.row); },
                 [&](const RetagRows& how) { retag(rows[index_of(how.cls)], how); },
                 [&](const PutTotals& put) { totals[index_of(put.cls)] = put.totals; },
                 [&](const PutGap& put) { gaps[put.gap.id] = put.gap; },
                 [&](const RemoveGap& remove) { gaps.erase(remove.id); },
                 [&](const PutMeta& put) { meta = put.meta; },
                 [&](const PutCommand& put) {
                   inbox[{put.row.command.issuer, put.row.command.id}] = put.row;
                 },
                 [&](const RemoveCommand& remove) { inbox.erase({remove.issuer, remove.id}); },
                 [&](const PutLane& put) { lane = put.state; }},
      write);
}

std::int64_t Tables::bytes() const {
  std::int64_t sum = static_cast<std::int64_t>(gaps.size()) * kGapBytes;
  for (const Totals& each : totals) sum += each.bytes;
  for (const auto& [key, row] : inbox) sum += bytes_of(row);
  return sum;
}

Stored Tables::stored() const {
  Stored all{.meta = meta, .totals = totals, .lane = lane};
  for (const auto& [id, gap] : gaps) all.gaps.push_back(gap);
  for (const auto& [key, row] : inbox) all.inbox.push_back(row);
  return all;
}

Status Disk::commit(const std::vector<Write>& writes) {
  std::int64_t more = 0;
  for (const Write& write : writes) more += growth(current_, write);
  if (more > 0 && current_.bytes() + more > capacity_) {
    return Error{Code::kResourceExhausted, "the disk is full"};
  }
  for (const Write& write : writes) current_.apply(write);
  if (syncing_ == Syncing::kNever) {
    unsynced_.insert(unsynced_.end(), writes.begin(), writes.end());
  } else {
    for (const Write& write : writes) synced_.apply(write);
  }
  return {};
}

Loaded Disk::load(const Load& load) const {
  Loaded loaded{.cls = load.cls, .rows = std::vector<RowPtr>(), .complete = true};
  std::size_t bytes = 0;
  const auto& rows = current_.rows[index_of(load.cls)];
  for (auto at = rows.upper_bound(load.after); at != rows.end() && at->first <= load.upto; ++at) {
    if (loaded.rows->size() == load.max_rows || bytes > load.max_bytes) {
      loaded.complete = false;
      break;
    }
    bytes += size_of(*at->second->message);
    loaded.rows->push_back(at->second);
  }
  return loaded;
}

Scanned Disk::scan(const Scan& scan) const {
  std::map<std::string, Scanned::Stream> last;
  for (const auto& [number, row] : current_.rows[index_of(scan.cls)]) {
    if (number > scan.upto) break;
    const Message& message = *row->message;
    last[stream_of(message)] = {{message.cls, message.source, message.topic, message.key}, number};
  }
  Scanned scanned{.cls = scan.cls, .streams = std::vector<Scanned::Stream>()};
  if (last.size() > scan.max_streams) {
    scanned.streams = Error{Code::kResourceExhausted, "too many streams"};
    return scanned;
  }
  for (const auto& [name, stream] : last) scanned.streams->push_back(stream);
  return scanned;
}

ReplyLoaded Disk::load_reply(const LoadReply& load) const {
  ReplyLoaded loaded{.issuer = load.issuer, .id = load.id, .reply_to = load.reply_to, .reply = {}};
  const auto found = current_.inbox.find({load.issuer, load.id});
  if (found == current_.inbox.end() || found->second.state != CommandState::kDone) {
    loaded.reply = Error{Code::kNotFound, "no reply"};
  } else {
    loaded.reply = found->second.reply;
  }
  return loaded;
}

void Disk::write_back() {
  for (const Write& write : unsynced_) synced_.apply(write);
  unsynced_.clear();
}

void Disk::cut_power() {
  if (unsynced_.empty()) return;
  unsynced_.clear();
  current_ = synced_;
}

}  // namespace edge::sync::sim
