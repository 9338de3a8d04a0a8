#include "sync/core/detours.h"

#include <algorithm>

namespace edge::sync {

const Detours::Entry* Detours::find(const std::string& lane, const Row& row) const {
  const auto found = entries_.find({lane, row.message->topic});
  return found == entries_.end() ? nullptr : &found->second;
}

const std::string* Detours::way_of(const Row& row) const {
  const std::string* lane = &row.lane.id;
  if (entries_.empty()) return lane;
  const Entry* entry = find(*lane, row);
  if (entry != nullptr && entry->kind == Kind::kByBase) {
    lane = &kBaseName;
    entry = find(*lane, row);
  }
  return entry != nullptr && entry->kind == Kind::kWaits ? nullptr : lane;
}

void Detours::go_by_base(const Now& now, const Row& row) {
  if (entries_.size() >= kMost) entries_.erase(entries_.begin());
  entries_[{row.lane.id, row.message->topic}] = {.kind = Kind::kByBase, .until = now.hub + kByBase};
}

bool Detours::wait(const Now& now, const std::string& lane, const Row& row) {
  if (entries_.size() >= kMost) entries_.erase(entries_.begin());
  Entry& entry = entries_[{lane, row.message->topic}];
  if (entry.since == HubTime(0)) entry.since = now.hub;
  if (now.hub - entry.since >= kPatience) return false;
  if (entry.kind == Kind::kWaits) return true;  // another one of those on their way
  entry.kind = Kind::kWaits;
  entry.pause = std::clamp(entry.pause * 2, kFirstPause, kLongestPause);
  entry.until = now.hub + entry.pause;
  return true;
}

void Detours::taken(const std::string& lane, const Row& row) {
  if (!entries_.empty()) entries_.erase({lane, row.message->topic});
}

void Detours::ask_again() {
  std::erase_if(entries_, [](const auto& one) { return one.second.kind != Kind::kByBase; });
}

// What the cloud has refused is remembered until it takes something there.
void Detours::advance(const Now& now) {
  for (auto& [key, entry] : entries_) {
    if (entry.kind == Kind::kWaits && now.hub >= entry.until) entry.kind = Kind::kAsked;
  }
  std::erase_if(entries_, [&](const auto& one) {
    return one.second.kind == Kind::kByBase && now.hub >= one.second.until;
  });
}

void Detours::find_wake(Wake& wake) const {
  for (const auto& [key, entry] : entries_) {
    if (entry.kind == Kind::kWaits) wake.consider(entry.until);
  }
}

}  // namespace edge::sync
