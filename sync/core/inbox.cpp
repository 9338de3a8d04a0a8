#include "sync/core/inbox.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::sync {
namespace {

constexpr std::size_t kMostRefused = 256;
constexpr std::string_view kReplyType = "io.edgelane.reply.v1";

std::string reply_body(const Reply& reply) {
  nlohmann::json body = {{"status", reply.status}, {"code", reply.code}};
  if (!reply.body.empty()) body["body"] = reply.body;
  return dump_json(body);
}

bool is_over(const Now& now, const Command& command) {
  return command.expires && now.wall && *command.expires <= *now.wall;
}

// clear() and an assignment would keep the memory.
void give_back(std::string& text) {
  std::string().swap(text);
}

}  // namespace

HubTime Inbox::longest_kept() const noexcept {
  return std::max(options_.keep + options_.keep_longest, options_.keep_endless);
}

void Inbox::open(const Now& now, std::vector<InboxRow> rows) {
  std::ranges::sort(rows, {}, &InboxRow::received);
  for (InboxRow& row : rows) {
    const Key key{row.command.issuer, row.command.id};
    const CommandState state = row.state;
    Entry& entry = entries_[key];
    row.keep_until = std::min(row.keep_until, now.awake + longest_kept());
    entry = {.row = std::move(row), .stored = true, .begun = state == CommandState::kRunning};
    if (state == CommandState::kDone) continue;
    payload_bytes_ += entry.row.command.payload.size();
    const bool may_run = !entry.begun || entry.row.command.idempotent;
    if (!may_run || is_over(now, entry.row.command)) {
      finish(entry, too_late(entry));
      continue;
    }
    entry.row.state = CommandState::kWaiting;
    waiting_.push_back(key);
  }
  start_waiting(now);
}

// What was begun before a crash may have been carried out.
Reply Inbox::too_late(const Entry& entry) {
  if (entry.begun) return {.status = "unknown", .code = 500};
  return {.status = "expired", .code = 408};
}

Reply Inbox::judge(const Now& now, const Command& command, const Lane& hub) const {
  if (is_over(now, command)) return {.status = "expired", .code = 408};
  if (command.lane.gen > hub.gen && command.lane.id != hub.id) {
    return {.status = "stale-lane", .code = 409};
  }
  return {};
}

void Inbox::received(const Now& now, Received event, const Lane& hub, Actions& actions) {
  const Key key{event.command.issuer, event.command.id};
  const auto found = entries_.find(key);
  if (found != entries_.end()) return received_again(key, found->second, event, actions);
  if (entries_.size() >= options_.max_commands) prune(now);
  if (!has_room_for(event.command)) return refuse(event, actions);
  Reply verdict = judge(now, event.command, hub);
  add(now, std::move(event), std::move(verdict));
}

bool Inbox::has_room_for(const Command& command) const noexcept {
  return entries_.size() < options_.max_commands &&
         payload_bytes_ + command.payload.size() <= options_.max_bytes;
}

// Not kept, so it is refused without having been begun. Its delivery is acknowledged when the reply
// is in the store; where too many wait for that, it comes again with the next connection.
void Inbox::refuse(const Received& event, Actions& actions) {
  const Acknowledge acknowledge{event.connection, event.delivery};
  if (event.command.reply_to.empty()) {
    actions.emplace_back(acknowledge);
  } else if (refused_.size() < kMostRefused) {
    reply(event.command, {.status = "rejected", .code = 507, .body = "the inbox is full"});
    refused_.push_back({replied_, acknowledge});
  }
}

void Inbox::received_again(const Key& key, Entry& entry, const Received& event, Actions& actions) {
  const Acknowledge acknowledge{event.connection, event.delivery};
  if (!entry.stored) {
    entry.to_acknowledge.push_back(acknowledge);
    return;
  }
  actions.emplace_back(acknowledge);
  if (entry.row.state == CommandState::kDone && !changed_.contains(key)) {
    actions.emplace_back(LoadReply{key.first, key.second, event.command.reply_to});
  }
}

void Inbox::add(const Now& now, Received event, Reply verdict) {
  const Key key{event.command.issuer, event.command.id};
  Entry& entry = entries_[key];
  entry.to_acknowledge.push_back({event.connection, event.delivery});
  entry.row.command = std::move(event.command);
  payload_bytes_ += entry.row.command.payload.size();
  entry.row.received = now.hub;
  entry.row.keep_until = now.awake + options_.keep_endless;
  if (entry.row.command.expires && now.wall) {
    const auto left = std::chrono::duration_cast<HubTime>(*entry.row.command.expires - *now.wall);
    entry.row.keep_until =
        now.awake + options_.keep + std::clamp(left, HubTime(0), options_.keep_longest);
  }
  changed_.insert(key);
  if (!verdict.status.empty()) return finish(entry, std::move(verdict));
  waiting_.push_back(key);
  start_waiting(now);
}

void Inbox::start_waiting(const Now& now) {
  for (auto at = waiting_.begin();
       at != waiting_.end() && running_ + unsaid_ < options_.max_running;) {
    Entry& entry = entries_.at(*at);
    if (is_over(now, entry.row.command)) {
      finish(entry, too_late(entry));
      at = waiting_.erase(at);
      continue;
    }
    const std::string& subject = entry.row.command.subject;
    if (!subject.empty() && !busy_subjects_.insert(subject).second) {
      ++at;
      continue;
    }
    ++running_;
    entry.row.state = CommandState::kRunning;
    changed_.insert(*at);
    at = waiting_.erase(at);
  }
}

void Inbox::executed(const Now& now, Executed event) {
  const auto found = entries_.find({event.issuer, event.id});
  if (found == entries_.end() || found->second.row.state != CommandState::kRunning) return;
  --running_;
  busy_subjects_.erase(found->second.row.command.subject);
  finish(found->second, std::move(event.reply));
  start_waiting(now);
}

void Inbox::finish(Entry& entry, Reply answer) {
  entry.row.state = CommandState::kDone;
  payload_bytes_ -= entry.row.command.payload.size();
  give_back(entry.row.command.payload);
  reply(entry.row.command, answer);
  entry.reply = replied_;
  entry.row.reply = std::move(answer);
  changed_.insert({entry.row.command.issuer, entry.row.command.id});
}

void Inbox::reply(const Command& command, const Reply& reply) {
  if (command.reply_to.empty()) return;
  Message message{.cls = Class::kAlarm,
                  .source = std::string(kOwnSource),
                  .topic = command.reply_to,
                  .key = command.reply_to,
                  .type = std::string(kReplyType),
                  .correlation = command.id,
                  .body = reply_body(reply)};
  replies_.push_back(std::move(message));
  ++replied_;
}

void Inbox::reply_loaded(ReplyLoaded event) {
  if (!event.reply) return;
  const Command command{.id = event.id, .issuer = event.issuer, .reply_to = event.reply_to};
  reply(command, *event.reply);
}

void Inbox::build(const Now& now, std::vector<Write>& writes, std::uint64_t first_waiting) {
  std::set<Key> unsaid;
  for (const Key& key : changed_) {
    const Entry& entry = entries_.at(key);
    if (entry.reply >= first_waiting && !entry.forgotten) {
      unsaid.insert(key);
      continue;
    }
    if (entry.forgotten) {
      writes.emplace_back(RemoveCommand{key.first, key.second});
    } else {
      writes.emplace_back(PutCommand{entry.row});
    }
    committing_.push_back(key);
  }
  const auto replied = [&](const Refused& one) { return one.reply < first_waiting; };
  refused_in_commit_ = std::ranges::find_if_not(refused_, replied) - refused_.begin();
  changed_ = std::move(unsaid);
  const bool are_fewer = changed_.size() < unsaid_;
  unsaid_ = changed_.size();
  if (are_fewer) start_waiting(now);
}

// The commit that says so may have come late.
void Inbox::run(const Now& now, Entry& entry, Actions& actions) {
  entry.started = true;
  const Command& command = entry.row.command;
  if (is_over(now, command)) return executed(now, {command.issuer, command.id, too_late(entry)});
  actions.emplace_back(Execute{command});
}

void Inbox::settle_entry(const Now& now, const Key& key, Actions& actions) {
  Entry& entry = entries_.at(key);
  if (entry.forgotten) {
    if (!changed_.contains(key)) entries_.erase(key);
    return;
  }
  entry.stored = true;
  for (const auto& acknowledge : std::exchange(entry.to_acknowledge, {})) {
    actions.emplace_back(acknowledge);
  }
  if (changed_.contains(key)) return;  // it has moved on since
  if (entry.row.state == CommandState::kRunning && !entry.started) return run(now, entry, actions);
  if (entry.row.state == CommandState::kDone) give_back(entry.row.reply.body);
}

void Inbox::settle_refused(const Status& status, Actions& actions) {
  const auto count = std::exchange(refused_in_commit_, 0);
  if (!status) return;
  for (auto i = count; i > 0; --i) {
    actions.emplace_back(refused_.front().acknowledge);
    refused_.pop_front();
  }
}

void Inbox::settle(const Now& now, const Status& status, Actions& actions) {
  settle_refused(status, actions);
  for (const Key& key : std::exchange(committing_, {})) {
    if (status) {
      settle_entry(now, key, actions);
    } else {
      changed_.insert(key);
    }
  }
}

void Inbox::prune(const Now& now) {
  for (auto& [key, entry] : entries_) {
    const bool is_over =
        entry.row.state == CommandState::kDone && entry.stored && !changed_.contains(key);
    if (!is_over || entry.row.keep_until > now.awake || entry.forgotten) continue;
    entry.forgotten = true;
    changed_.insert(key);
  }
}

}  // namespace edge::sync
