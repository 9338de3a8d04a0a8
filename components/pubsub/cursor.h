// Where a consumer stands in a topic: what is done, what is open, and what may be delivered next.
//
// A pure state machine. Messages are known by their number and key: those of one key are given out
// one after the other, those of different keys beside each other. A message that failed holds up
// its key alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edge/base/time.h"

namespace edge::pubsub {

// What is kept of a cursor: every message up to `position` is done but those in `open`.
struct CursorState {
  std::int64_t position = 0;
  std::vector<std::int64_t> open;  // ascending
};

class Cursor {
 public:
  struct Turn {
    std::int64_t seq = 0;
    unsigned failures = 0;  // how often its handler has failed since the start
  };

  explicit Cursor(std::int64_t position) : scanned_(position), highest_done_(position) {}

  // A message that is to be delivered, after all that were added before.
  void add(std::int64_t seq, std::string_view key);
  // Every message up to `seq` was added or is not wanted.
  void scanned_to(std::int64_t seq);
  [[nodiscard]] std::int64_t scanned() const noexcept { return scanned_; }
  // How many messages were added and are not done.
  [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }

  // The oldest message that may be delivered now; it is in flight until one of the three below.
  std::optional<Turn> take();
  [[nodiscard]] bool has_turn() const noexcept { return !ready_.empty(); }
  void done(std::int64_t seq);
  // It may be taken again after `when`.
  void failed(std::int64_t seq, TimePoint when);
  // It may be taken again at once, and nothing was tried.
  void put_back(std::int64_t seq);

  // Ends the waits of failed messages that are due.
  void wake(TimePoint now);
  // When the next wait of a failed message ends.
  [[nodiscard]] std::optional<TimePoint> next_wake() const;

  [[nodiscard]] CursorState state() const;

 private:
  struct Entry {
    const std::string* key = nullptr;
    std::int64_t next = 0;  // of the same key; 0: none
    unsigned failures = 0;
  };

  std::int64_t scanned_;
  std::int64_t highest_done_;
  std::map<std::int64_t, Entry> open_;
  std::unordered_map<std::string, std::int64_t> last_of_key_;
  std::set<std::int64_t> ready_;  // the first of its key, and not in flight
  std::set<std::pair<TimePoint, std::int64_t>> waiting_;
};

// Comma-separated numbers over 0; nothing where the text is something else.
std::string to_text(const std::vector<std::int64_t>& numbers);
std::optional<std::vector<std::int64_t>> numbers_of(std::string_view text);

}  // namespace edge::pubsub
