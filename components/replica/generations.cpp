#include "components/replica/generations.h"

#include <algorithm>
#include <utility>

namespace edge::replica {
namespace {

bool is_same_text(const std::optional<Value>& one, const std::optional<Value>& other) {
  if (!one || !other) return !one && !other;
  return one->text == other->text;
}

void set(Values& values, const std::string& key, const std::optional<Value>& value) {
  if (value) {
    values[key] = *value;
  } else {
    values.erase(key);
  }
}

std::optional<Value> value_in(const Values& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

Differences difference(const Values& from, const Values& to) {
  Differences differences;
  for (const auto& [key, value] : from) {
    if (!to.contains(key)) differences.push_back({key, value, std::nullopt});
  }
  for (const auto& [key, value] : to) {
    auto before = value_in(from, key);
    if (before != value) differences.push_back({key, std::move(before), value});
  }
  std::ranges::sort(differences, {}, &Difference::key);
  return differences;
}

bool changes_text(const Differences& differences) {
  return std::ranges::any_of(differences,
                             [](const auto& one) { return !is_same_text(one.before, one.after); });
}

}  // namespace

void Generations::load(Values source, Kept proven, Guard guard) {
  keys_ = source.size();
  bytes_ = 0;
  for (const auto& [key, value] : source) bytes_ += counted(key, value);
  served_ = std::move(source);
  other_ = std::move(proven);
  guard_ = std::move(guard);
  if (guard_.withholds()) swap();
}

std::optional<Value> Generations::source_value(const std::string& key) const {
  const auto withheld = other_.find(key);
  if (guard_.withholds() && withheld != other_.end()) return withheld->second;
  return value_in(served_, key);
}

Values Generations::source() const {
  Values all = served_;
  if (!guard_.withholds()) return all;
  for (const auto& [key, value] : other_) set(all, key, value);
  return all;
}

Values Generations::source_with(std::string_view prefix, Values part) const {
  Values all = source();
  auto entry = all.lower_bound(prefix);
  while (entry != all.end() && entry->first.starts_with(prefix)) {
    const auto now = part.find(entry->first);
    if (now != part.end() && now->second.text == entry->second.text) now->second = entry->second;
    entry = all.erase(entry);
  }
  all.merge(part);
  return all;
}

Differences Generations::differences_to(std::vector<Change> changes) const {
  Kept last;
  for (Change& change : changes) last[std::move(change.key)] = std::move(change.value);
  Differences differences;
  for (auto& [key, value] : last) {
    auto before = source_value(key);
    if (before != value) differences.push_back({key, std::move(before), std::move(value)});
  }
  return differences;
}

Differences Generations::differences_to(const Values& all) const {
  return guard_.withholds() ? difference(source(), all) : difference(served_, all);
}

void Generations::count(Step& step) const {
  step.keys = keys_;
  step.bytes = bytes_;
  for (const auto& [key, before, after] : step.differences) {
    step.keys = step.keys - (before ? 1 : 0) + (after ? 1 : 0);
    step.bytes = step.bytes - counted(key, before) + counted(key, after);
  }
}

Values Generations::source_after(const Step& step) const {
  Values next = source();
  for (const Difference& one : step.differences) set(next, one.key, one.after);
  return next;
}

bool Generations::changes_items(const Differences& differences) const {
  return std::ranges::any_of(differences, [this](const Difference& one) {
    return !is_same_text(one.before, one.after) && !(manifests_aside_ && is_manifest(one.key));
  });
}

std::string Generations::digest_of_items(Values values) const {
  if (manifests_aside_) {
    std::erase_if(values, [](const auto& entry) { return is_manifest(entry.first); });
  }
  return digest_of(values);
}

Guard Generations::proven(WallTime now, Issues accepted) const {
  return {.since = now, .witnesses = guard_.witnesses, .accepted = std::move(accepted)};
}

void Generations::plan(Step& step, const Cursor& before, Witnesses witnesses) const {
  count(step);
  if (guard_.withholds()) step.seen = Step::Seen::kOther;
  const bool anew = guard_.standing == Standing::kRefused;
  if (!changes_text(step.differences) && !anew) return;
  Result<Issues> accepted = guard_.accepted;
  if (check_) accepted = check_(source_after(step), guard_.accepted);
  keep(step);
  if (!accepted) return plan_refused(step, before, accepted.error().message);
  plan_taken(step, before, std::move(witnesses), std::move(*accepted));
}

void Generations::keep(Step& step) const {
  for (const auto& [key, before, after] : step.differences) {
    if (!other_.contains(key) && !is_same_text(before, after)) step.kept[key] = before;
  }
}

void Generations::plan_taken(Step& step, const Cursor& before, Witnesses witnesses,
                             Issues accepted) const {
  if (guard_.standing == Standing::kProven && !changes_items(step.differences)) witnesses.reset();
  Guard guard = proven(step.as_of, std::move(accepted));
  if (witnesses) {
    const bool fresh = guard_.standing == Standing::kProven;
    guard.standing = Standing::kOnProbation;
    guard.proven_revision = fresh ? before.revision : guard_.proven_revision;
    // Who is not well with what was proven is no witness.
    if (guard_.standing != Standing::kOnProbation) guard.witnesses.clear();
    guard.witnesses.merge(*witnesses);
  }
  if (guard_.withholds()) return plan_release(step, std::move(guard));
  if (witnesses && leads_back(step)) guard = proven(step.as_of, std::move(guard.accepted));
  if (guard.standing == Standing::kProven) step.kept.clear();
  if (guard.standing != guard_.standing || guard.accepted != guard_.accepted || witnesses) {
    step.guard = std::move(guard);
  }
}

// What is served is what was proven, also where something was on probation.
void Generations::plan_refused(Step& step, const Cursor& before, std::string reason) const {
  Guard guard = guard_;
  guard.standing = Standing::kRefused;
  guard.withheld = digest_of(source_after(step));
  if (guard_.standing == Standing::kRefused && guard.withheld == guard_.withheld &&
      guard_.reason == reason) {
    return;
  }
  guard.since = step.as_of;
  guard.reason = std::move(reason);
  if (guard_.standing == Standing::kProven) guard.proven_revision = before.revision;
  step.guard = std::move(guard);
  step.seen = Step::Seen::kOther;
  if (guard_.standing == Standing::kOnProbation) see_proven(step);
}

void Generations::see_proven(Step& step) const {
  for (const auto& [key, value] : other_) {
    step.other.push_back({key, value_in(served_, key), value});
  }
}

// Whether the source has again what was proven.
bool Generations::leads_back(const Step& step) const {
  Kept after;
  for (const Difference& one : step.differences) after[one.key] = one.after;
  const auto is_back = [&](const auto& entry) {
    if (manifests_aside_ && is_manifest(entry.first)) return true;
    const auto found = after.find(entry.first);
    return is_same_text(entry.second,
                        found == after.end() ? value_in(served_, entry.first) : found->second);
  };
  return std::ranges::all_of(other_, is_back) && std::ranges::all_of(step.kept, is_back);
}

// What is rolled back stays so for as long as the source has it.
void Generations::plan_release(Step& step, Guard guard) const {
  const Values next = source_after(step);
  if (guard_.standing == Standing::kRolledBack && digest_of_items(next) == guard_.withheld) {
    step.kept.clear();
    return;
  }
  step.other = difference(served_, next);
  if (!changes_items(step.other)) guard = proven(step.as_of, std::move(guard.accepted));
  step.guard = std::move(guard);
}

void Generations::plan_proof(Step& step, WallTime now, std::set<std::string> well) const {
  count(step);
  step.guard = proven(now, guard_.accepted);
  step.guard->witnesses = std::move(well);
}

void Generations::plan_starts(Step& step, unsigned starts) const {
  count(step);
  step.guard = guard_;
  step.guard->starts = starts;
}

void Generations::plan_rollback(Step& step, WallTime now, std::string reason) const {
  count(step);
  Guard guard = guard_;
  guard.standing = Standing::kRolledBack;
  guard.since = now;
  guard.withheld = digest_of_items(served_);
  guard.reason = std::move(reason);
  guard.starts = 0;
  step.guard = std::move(guard);
  step.seen = Step::Seen::kOther;
  step.kept = other_;
  see_proven(step);
}

void Generations::swap() {
  for (auto& [key, value] : other_) {
    auto served = value_in(served_, key);
    set(served_, key, value);
    value = std::move(served);
  }
}

void Generations::take_withheld(const Step& step) {
  for (const Difference& one : step.differences) {
    const auto found = other_.find(one.key);
    if (found != other_.end()) {
      found->second = one.after;
    } else if (is_same_text(one.before, one.after)) {
      set(served_, one.key, one.after);
    } else {
      other_[one.key] = one.after;
    }
  }
}

void Generations::take(const Step& step) {
  const bool withheld = guard_.withholds();
  if (step.guard) guard_ = *step.guard;
  keys_ = step.keys;
  bytes_ = step.bytes;
  if (withheld != guard_.withholds()) swap();
  if (guard_.withholds()) return take_withheld(step);
  for (const Difference& one : step.differences) set(served_, one.key, one.after);
  for (const auto& [key, value] : step.kept) other_.emplace(key, value);
  if (guard_.standing == Standing::kProven) other_.clear();
  if (step.guard && guard_.standing == Standing::kOnProbation) ++trial_;
}

}  // namespace edge::replica
