// Intake: messages that have come and are not in the store yet; it numbers them for a commit.
//
// A commit that fails for want of space gives its numbers back, and its messages may be tried
// again. After any other failure nobody knows what the store has, so a new epoch begins.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "edge/base/random.h"
#include "sync/core/actions.h"
#include "sync/core/streams.h"

namespace edge::sync {

struct Arrival {
  Ticket ticket = 0;
  Durability wanted = Durability::kCommitted;
  std::shared_ptr<const Message> message;
  Lane lane;
  HubTime enqueued{0};
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
  [[nodiscard]] std::size_t waiting() const noexcept;
  [[nodiscard]] const Arrival* first(Class cls) const noexcept;
  // Takes the first arrival out and refuses it.
  void refuse(Class cls, const Error& error, Actions& actions);
  void refuse_all(const Error& error, Actions& actions);

  // Numbers the first arrival; it is part of the next commit.
  const RowPtr& number(Class cls, std::int64_t row, const Now& now);
  [[nodiscard]] std::size_t numbered() const noexcept { return numbered_.size(); }
  [[nodiscard]] const std::vector<Numbered>& numbered_rows() const noexcept { return numbered_; }
  // The commit has succeeded.
  std::vector<Numbered> take_numbered() noexcept;
  // It has not: for want of space, or for another reason.
  void put_back();
  void refuse_numbered(const Error& error, Actions& actions);

 private:
  void forget_streams();
  void begin_epoch() noexcept;

  Streams& streams_;
  Random& random_;
  std::uint32_t epoch_ = 0;
  bool begins_epoch_ = true;
  std::array<std::deque<Arrival>, kClasses> arrivals_;
  std::vector<Numbered> numbered_;
};

}  // namespace edge::sync
