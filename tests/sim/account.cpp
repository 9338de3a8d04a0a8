#include "tests/sim/account.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace edge::sync::sim {

std::int64_t Account::number_of(const Message& message) {
  if (!message.type.empty()) return -1;  // the hub's own
  return std::strtoll(message.body.c_str(), nullptr, 10);
}

void Account::violate(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

std::int64_t Account::publish(const std::string& stream, const std::string& lane) {
  records_.push_back({.stream = stream, .lane = lane, .lanes = {lane}});
  return static_cast<std::int64_t>(records_.size()) - 1;
}

void Account::accepted(std::int64_t number) {
  Record& record = records_.at(static_cast<std::size_t>(number));
  if (record.accepted) return violate("message " + std::to_string(number) + " answered twice");
  record.accepted = true;
  ++accepted_;
  if (!record.received && !record.gapped) open_.insert(number);
  if (!record.committed) {
    violate("message " + std::to_string(number) + " accepted before it was committed");
  }
}

void Account::confirmed(std::int64_t number) {
  if (!records_.at(static_cast<std::size_t>(number)).received) {
    violate("message " + std::to_string(number) + " is said to be in the cloud, and is not");
  }
}

void Account::inserted(const Row& row) {
  if (!row.message->correlation.empty()) replies_[row.message->correlation].insert(row.row);
  const std::int64_t number = number_of(*row.message);
  if (number < 0) return;
  Record& record = records_.at(static_cast<std::size_t>(number));
  record.committed = true;
  record.number = row.number;
  if (row.lane.id != record.lane) {
    violate("message " + std::to_string(number) + " is stamped " + row.lane.id + ", not " +
            record.lane);
  }
  streams_[record.stream].numbers[row.number] = number;
}

void Account::retagged(const RetagRows& how) {
  for (const auto& [row, content] : disk_.tables().rows[index_of(how.cls)]) {
    const std::int64_t number = number_of(*content->message);
    if (number >= 0 && row <= how.upto && !content->lane_from.empty()) {
      Record& record = records_.at(static_cast<std::size_t>(number));
      record.lane = content->lane.id;
      record.lanes.insert(record.lane);
    }
  }
}

void Account::sent(const Row& row) {
  const std::int64_t number = number_of(*row.message);
  if (number < 0) return;
  Record& record = records_.at(static_cast<std::size_t>(number));
  if (std::exchange(record.sent_in, lives_) != lives_) record.unanswered = 0;
  ++record.unanswered;
}

bool Account::has_other_than_sent(Class cls, const std::set<std::int64_t>& leaving) const {
  return std::ranges::any_of(disk_.tables().rows[index_of(cls)], [&](const auto& entry) {
    const auto& [number, row] = entry;
    const std::int64_t message = number_of(*row->message);
    if (message < 0 || row->expires > HubTime(0) || leaving.contains(number)) return false;
    return !is_in_doubt(message);
  });
}

std::int64_t Account::number_in_row(Class cls, std::int64_t row) const {
  const auto& rows = disk_.tables().rows[index_of(cls)];
  const auto found = rows.find(row);
  return found == rows.end() ? -1 : number_of(*found->second->message);
}

bool Account::is_in_doubt(std::int64_t number) const {
  const Record& record = records_.at(static_cast<std::size_t>(number));
  return record.sent_in == lives_ && record.unanswered > 0;
}

void Account::check_dropped(const std::vector<Write>& writes) {
  std::set<std::int64_t> dropped;
  std::array<std::set<std::int64_t>, kClasses> leaving;
  for (const Write& write : writes) {
    const auto* put = std::get_if<PutGap>(&write);
    if (put != nullptr && put->gap.why == Loss::kDropped) {
      for (const std::int64_t number : numbers_of(put->gap)) dropped.insert(number);
    }
    const auto* remove = std::get_if<RemoveRow>(&write);
    if (remove != nullptr) leaving[index_of(remove->cls)].insert(remove->row);
  }
  for (const Class cls : kAllClasses) {
    const std::set<std::int64_t>& rows = leaving[index_of(cls)];
    for (const std::int64_t row : rows) {
      const std::int64_t number = number_in_row(cls, row);
      if (!dropped.contains(number) || !is_in_doubt(number)) continue;
      if (!records_[static_cast<std::size_t>(number)].received) continue;
      if (!has_other_than_sent(cls, rows)) continue;
      violate("message " + std::to_string(number) + " is dropped, and the cloud has it");
    }
  }
}

void Account::committing(const std::vector<Write>& writes) {
  check_dropped(writes);
  removed_.clear();
  removed_replies_.clear();
  for (const Write& write : writes) {
    if (const auto* remove = std::get_if<RemoveGap>(&write)) {
      const auto found = disk_.tables().gaps.find(remove->id);
      if (found == disk_.tables().gaps.end()) continue;
      for (const std::int64_t number : numbers_of(found->second)) removed_.push_back(number);
    }
    const auto* remove = std::get_if<RemoveRow>(&write);
    if (remove == nullptr) continue;
    const std::int64_t number = number_in_row(remove->cls, remove->row);
    if (number >= 0) removed_.push_back(number);
    const auto& rows = disk_.tables().rows[index_of(remove->cls)];
    const auto found = rows.find(remove->row);
    const bool is_there = found != rows.end();
    if (is_there && !found->second->message->correlation.empty()) {
      removed_replies_.push_back(found->second);
    }
  }
}

bool Account::is_reply_kept(const std::string& id) const {
  const auto found = replies_.find(id);
  return answered_.contains(id) || (found != replies_.end() && !found->second.empty());
}

void Account::check_done(const InboxRow& row) {
  const Command& command = row.command;
  if (row.state != CommandState::kDone || command.reply_to.empty()) return;
  if (!is_reply_kept(command.id)) violate("command " + command.id + " is done without an answer");
}

void Account::check_replies() {
  for (const RowPtr& row : std::exchange(removed_replies_, {})) {
    const std::string& id = row->message->correlation;
    replies_[id].erase(row->row);
    if (is_in_stored_gap(stream_of(*row->message), row->number)) answered_.insert(id);
    if (!is_reply_kept(id)) violate("the answer to command " + id + " is lost");
  }
}

void Account::committed(const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    if (const auto* put = std::get_if<InsertRow>(&write)) inserted(*put->row);
    if (const auto* how = std::get_if<RetagRows>(&write)) retagged(*how);
  }
  check_replies();
  for (const Write& write : writes) {
    if (const auto* put = std::get_if<PutCommand>(&write)) check_done(put->row);
  }
  for (const std::int64_t number : removed_) {
    if (!open_.contains(number)) continue;
    const Record& record = records_[static_cast<std::size_t>(number)];
    if (!is_in_stored_gap(record.stream, record.number)) {
      violate("message " + std::to_string(number) + " was accepted and is lost");
    }
  }
}

bool Account::is_in_stored_gap(const std::string& stream, const Number& number) const {
  const auto& gaps = disk_.tables().gaps;
  return std::ranges::any_of(gaps, [&](const auto& entry) {
    const Gap& gap = entry.second;
    return gap.first <= number && number <= gap.last && to_text(gap.stream) == stream;
  });
}

std::vector<std::int64_t> Account::numbers_of(const Gap& gap) {
  std::vector<std::int64_t> found;
  const auto& numbers = streams_[to_text(gap.stream)].numbers;
  for (auto at = numbers.lower_bound(gap.first); at != numbers.end() && at->first <= gap.last;
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

void Account::returned(const Row& row) {
  deserted_.insert(row.lane.id);
  const std::int64_t number = number_of(*row.message);
  if (number < 0) return;
  streams_[records_.at(static_cast<std::size_t>(number)).stream].divided = true;
}

void Account::heard_back(const Row& row) {
  const std::int64_t number = number_of(*row.message);
  if (number < 0) return;
  Record& record = records_.at(static_cast<std::size_t>(number));
  if (record.sent_in == lives_) --record.unanswered;
}

void Account::subscribed(const std::vector<std::string>& lanes) {
  const auto is_heard = [&lanes](const auto& row) {
    return row->message->lane || std::ranges::find(lanes, row->lane.id) != lanes.end();
  };
  for (const auto& rows : disk_.tables().rows) {
    for (const auto& [number, row] : rows) {
      if (is_heard(row)) continue;
      violate("the commands of lane " + row->lane.id + " are not taken, and its messages wait");
      return;
    }
  }
}

void Account::received(const Row& row, const std::string& lane) {
  answered_.insert(row.message->correlation);
  const std::int64_t number = number_of(*row.message);
  if (number < 0) return;
  Record& record = records_.at(static_cast<std::size_t>(number));
  Stream& stream = streams_[record.stream];
  // What was on its way when its lane was changed may still come.
  const bool may_detour = lane == "base" && deserted_.contains(record.lane);
  if (!record.lanes.contains(lane) && !may_detour) {
    violate("message " + std::to_string(number) + " of lane " + record.lane + " went to " + lane);
  }
  if (stream.divided) {
    if (record.received) return;  // known by its id
    record.received = true;
    ++received_;
    open_.erase(number);
    return;
  }
  if (row.number <= stream.last) return;  // the cloud takes it for one that it has
  stream.last = row.number;
  if (record.received) return violate("message " + std::to_string(number) + " came as two");
  if (number < stream.newest) {
    violate("message " + std::to_string(number) + " came after " + std::to_string(stream.newest));
  }
  stream.newest = number;
  record.received = true;
  ++received_;
  open_.erase(number);
}

void Account::received(const Gap& gap) {
  if (gap.stream.source == "hub") return;
  const auto id = std::pair(gap.first, gap.id);
  const auto told = gap_ids_.emplace(id, to_text(gap.stream)).first->second;
  if (told != to_text(gap.stream)) violate("gap records of two streams have one id, of " + told);
  const auto numbers = numbers_of(gap);
  if (numbers.size() != gap.count) {
    violate("a gap that does not count what it covers, in " + to_text(gap.stream));
  }
  for (const std::int64_t number : numbers) {
    Record& record = records_.at(static_cast<std::size_t>(number));
    if (!record.gapped && !record.received) ++gapped_;
    record.gapped = true;
    open_.erase(number);
  }
}

void Account::acknowledged(const std::string& id) {
  if (is_reply_kept(id)) return;
  for (const auto& [key, row] : disk_.tables().inbox) {
    if (key.second == id) return;
  }
  violate("command " + id + " is acknowledged, and neither it nor its answer is committed");
}

void Account::executed(const std::string& id, bool idempotent) {
  if (++executions_[id] > 1 && !idempotent) violate("command " + id + " carried out twice");
}

std::vector<bool> Account::kept_numbers() {
  std::vector<bool> kept(records_.size());
  for (const auto& rows : disk_.tables().rows) {
    for (const auto& [row, content] : rows) {
      const std::int64_t number = number_of(*content->message);
      if (number >= 0) kept[static_cast<std::size_t>(number)] = true;
    }
  }
  for (const auto& [id, gap] : disk_.tables().gaps) {
    for (const std::int64_t number : numbers_of(gap)) kept[static_cast<std::size_t>(number)] = true;
  }
  return kept;
}

void Account::check_all() {
  if (open_.empty()) return;
  const auto kept = kept_numbers();
  for (const std::int64_t number : open_) {
    if (!kept[static_cast<std::size_t>(number)]) {
      return violate("message " + std::to_string(number) + " was accepted and is lost");
    }
  }
}

std::size_t Account::committed_count() const {
  return static_cast<std::size_t>(std::ranges::count(records_, true, &Record::committed));
}

void Account::check_end() {
  check_all();
  if (!open_.empty()) violate(std::to_string(open_.size()) + " messages never reached the cloud");
  for (std::size_t number = 0; number < records_.size(); ++number) {
    const Record& record = records_[number];
    if (record.committed && !record.received && !record.gapped) {
      violate("message " + std::to_string(number) + " was committed, and the cloud does not know");
    }
  }
}

}  // namespace edge::sync::sim
