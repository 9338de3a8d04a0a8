// Intake: messages that have come and are not in the store yet; it numbers them for a commit.
//
// A commit that fails for want of space gives its numbers back, and its messages may be tried
// again. After any other failure nobody knows what the store has, so a new epoch begins.
// What the hub says itself waits in a line of its own, and is never refused.
#pragma once

#include <array>
#include <deque>
#include <iterator>
#include <optional>
#include <vector>

#include "edge/base/random.h"
#include "sync/core/actions.h"
#include "sync/core/streams.h"

namespace edge::sync {

// Where arrivals wait: those of apps by their class.
enum class Line : std::uint8_t { kHub, kAlarm, kEvent, kTelemetry };
inline constexpr Line kAllLines[] = {Line::kHub, Line::kAlarm, Line::kEvent, Line::kTelemetry};

struct Arrival {
  Ticket ticket = 0;
  Durability wanted = Durability::kCommitted;
  std::shared_ptr<const Message> message;
  Lane lane;
  HubTime enqueued{0};
  From from = From::kApp;
  std::uint64_t mark = 0;
};

class Intake {
 public:
  struct Numbered {
    Arrival arrival;
    RowPtr row;
    Stream* stream = nullptr;
  };

  Intake(Streams& streams, Random& random) : streams_(streams), random_(random) {}
  void open(std::uint32_t epoch) noexcept { epoch_ = epoch; }
  [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }
  // True once after the epoch has changed.
  [[nodiscard]] bool begins_epoch() const noexcept { return begins_epoch_; }

  void add(Arrival arrival);
  // Nobody waits for this answer any more; the message stays.
  void forget(Ticket ticket);
  // Of apps.
  [[nodiscard]] std::size_t waiting() const noexcept;
  [[nodiscard]] std::size_t own_waiting() const noexcept { return line(Line::kHub).size(); }
  // The lowest mark of those; they wait in its order. The highest possible where there is none.
  [[nodiscard]] std::uint64_t first_mark() const noexcept;
  [[nodiscard]] const Arrival* first(Line from) const noexcept;
  // Takes the first arrival out and refuses it.
  void refuse(Line from, const Error& error, Actions& actions);
  // Those of apps.
  void refuse_all(const Error& error, Actions& actions);

  // Numbers the first arrival; it is part of the next commit.
  const RowPtr& number(Line from, std::int64_t row, const Now& now);
  [[nodiscard]] std::size_t numbered() const noexcept { return numbered_.size(); }
  [[nodiscard]] const std::vector<Numbered>& numbered_rows() const noexcept { return numbered_; }
  // The commit has succeeded.
  std::vector<Numbered> take_numbered() noexcept;
  // It has not: for want of space, or for another reason. The hub's own wait again.
  void put_back();
  void refuse_numbered(const Error& error, Actions& actions);

 private:
  using Queue = std::deque<Arrival>;
  [[nodiscard]] const Queue& line(Line which) const noexcept {
    return lines_[static_cast<std::size_t>(which)];
  }
  Queue& line(Line which) noexcept { return lines_[static_cast<std::size_t>(which)]; }
  void to_front(Arrival arrival);
  void forget_streams();
  void begin_epoch() noexcept;

  Streams& streams_;
  Random& random_;
  std::uint32_t epoch_ = 0;
  bool begins_epoch_ = true;
  std::array<Queue, std::size(kAllLines)> lines_;
  std::vector<Numbered> numbered_;
};

}  // namespace edge::sync
