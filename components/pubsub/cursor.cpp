#include "components/pubsub/cursor.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::pubsub {

void Cursor::add(std::int64_t seq, std::string_view key) {
  scanned_ = std::max(scanned_, seq);
  const auto [last, first_of_key] = last_of_key_.try_emplace(std::string(key), seq);
  open_[seq].key = &last->first;
  if (first_of_key) {
    ready_.insert(seq);
    return;
  }
  open_[last->second].next = seq;
  last->second = seq;
}

void Cursor::scanned_to(std::int64_t seq) {
  scanned_ = std::max(scanned_, seq);
}

std::optional<Cursor::Turn> Cursor::take() {
  if (ready_.empty()) return std::nullopt;
  const std::int64_t seq = *ready_.begin();
  ready_.erase(ready_.begin());
  return Turn{seq, open_.at(seq).failures};
}

void Cursor::done(std::int64_t seq) {
  const auto found = open_.find(seq);
  if (found == open_.end()) return;
  const Entry entry = found->second;
  open_.erase(found);
  highest_done_ = std::max(highest_done_, seq);
  if (entry.next != 0) {
    ready_.insert(entry.next);
  } else {
    last_of_key_.erase(last_of_key_.find(*entry.key));
  }
}

void Cursor::failed(std::int64_t seq, TimePoint when) {
  ++open_.at(seq).failures;
  waiting_.emplace(when, seq);
}

void Cursor::put_back(std::int64_t seq) {
  ready_.insert(seq);
}

void Cursor::wake(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

std::optional<TimePoint> Cursor::next_wake() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

CursorState Cursor::state() const {
  if (open_.empty()) return {scanned_, {}};
  CursorState state{std::max(highest_done_, open_.begin()->first - 1), {}};
  for (const auto& [seq, entry] : open_) {
    if (seq > state.position) break;
    state.open.push_back(seq);
  }
  return state;
}

std::string to_text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) {
    if (!text.empty()) text += ',';
    text += std::to_string(number);
  }
  return text;
}

std::optional<std::vector<std::int64_t>> numbers_of(std::string_view text) {
  std::vector<std::int64_t> numbers;
  if (text.empty()) return numbers;
  for (const auto part : split(text, ',')) {
    const auto number = parse_unsigned(part);
    if (!number || *number == 0) return std::nullopt;
    numbers.push_back(static_cast<std::int64_t>(*number));
  }
  return numbers;
}

}  // namespace edge::pubsub
