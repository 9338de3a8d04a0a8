// Outbox: messages from their acceptance to the cloud's acknowledgement.
//
// A message is answered when the store has it; it is sent while the cloud is there, and removed
// when the cloud has acknowledged it. What must be given up leaves a gap record, in the same
// transaction: what the cloud has received and the gaps together are what was accepted.
// At any time one commit is under way at most: build() adds to it, settle() tells how it went.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sync/core/gaps.h"
#include "sync/core/intake.h"
#include "sync/core/sender.h"

namespace edge::sync {

enum class OnFull : std::uint8_t { kRejectNew, kDropOldest };
struct ClassLimits {
  std::int64_t max_rows = 0;
  std::int64_t max_bytes = 0;
  OnFull on_full = OnFull::kRejectNew;
};

struct OutboxOptions {
  std::array<ClassLimits, kClasses> limits = {
      ClassLimits{10'000, std::int64_t{8} << 20, OnFull::kRejectNew},
      ClassLimits{1'000'000, std::int64_t{256} << 20, OnFull::kDropOldest},
      ClassLimits{1'000'000, std::int64_t{256} << 20, OnFull::kDropOldest}};
  // What the hub itself may have in a class beyond its limits: answers, and changes of the lane.
  // At least its longest message.
  std::int64_t own_rows = 1000;
  std::int64_t own_bytes = std::int64_t{1} << 20;
  DrainRate drain;
  std::size_t max_arrivals = 4096;
  std::size_t max_streams = 4096;
  std::size_t max_gaps = 4096;
  HubTime sweep = std::chrono::minutes(1);  // how often the oldest are looked at
};

class Outbox {
 public:
  Outbox(const OutboxOptions& options, Random& random);
  void open(const Stored& stored, std::uint32_t epoch, Actions& actions);

  void enqueue(const Now& now, Enqueue what, const Lane& hub_lane, Actions& actions);
  void forget(Ticket ticket);
  void loaded(const Now& now, const Loaded& loaded);
  void scanned(const Scanned& scanned);
  // Messages of the hub itself that no commit has yet; they wait for room.
  [[nodiscard]] std::size_t own_waiting() const noexcept { return intake_.own_waiting(); }
  // All with lower marks are in the store, or in the commit that was built.
  [[nodiscard]] std::uint64_t first_mark() const noexcept { return intake_.first_mark(); }
  // There was no room for them: they may get higher rows than messages that come now.
  [[nodiscard]] bool holds_own(const Now& now) const noexcept {
    return own_waiting() > 0 && now.hub < own_after_;
  }
  [[nodiscard]] bool is_scanning() const noexcept { return scans_ > 0; }

  void go_online(const Now& now, Connection connection, std::size_t window);
  void go_offline() { sender_.go_offline(); }
  [[nodiscard]] bool is_searching() const noexcept { return sender_.is_searching(); }
  [[nodiscard]] bool has_held() const noexcept { return sender_.has_held(); }
  void note_subscribed(const Now& now) noexcept { sender_.note_subscribed(now); }
  // The connection has ended, before the cloud had taken the hub's subscriptions and after.
  void lose_early();
  void lose(const Now& now, Actions& actions);
  void acked(const Now& now, const Token& token, Actions& actions);
  void refused(const Now& now, const Token& token, Actions& actions);
  void returned(const Now& now, const Returned& event, Actions& actions);
  [[nodiscard]] std::optional<HubTime> owed_since() const { return sender_.owed_since(); }

  void build(const Now& now, std::vector<Write>& writes, Actions& actions);
  void settle(const Status& status, Actions& actions);
  // The commit that is under way adds messages.
  [[nodiscard]] bool is_committing_rows() const noexcept { return intake_.numbered() > 0; }
  // Whether a commit is worth its while now.
  [[nodiscard]] bool wants_commit(const Now& now) const;
  // Messages that are over leave the store with the next commit, which comes at once.
  void settle_now() noexcept;
  [[nodiscard]] std::size_t leaving() const;
  // Gives up what has expired, reads what is needed, sends what may go.
  void advance(const Now& now, Actions& actions);
  void find_wake(Wake& wake) const;

  [[nodiscard]] std::uint32_t epoch() const noexcept { return intake_.epoch(); }
  [[nodiscard]] bool begins_epoch() const noexcept { return intake_.begins_epoch(); }
  [[nodiscard]] std::size_t gaps() const noexcept { return gaps_.size(); }
  [[nodiscard]] std::array<Totals, kClasses> totals() const;

  // For a change of the lane: whether all rows up to these are gone, and what to do about them.
  using Marks = std::array<std::int64_t, kClasses>;
  [[nodiscard]] Marks marks() const;
  [[nodiscard]] bool is_drained_to(const Marks& marks) const;
  // Waiting rows of lane `from` up to `marks` get another lane, with the next commit.
  void retag(const std::string& from, const Lane& to, const Marks& marks);

 private:
  struct Retagging {
    std::string from;
    Lane to;
    Marks upto{};
    std::vector<RetagRows> writes;  // in the commit that is under way
  };
  enum class Room : std::uint8_t { kMade, kLater, kNone };

  [[nodiscard]] std::optional<Error> check(const Enqueue& what) const;
  [[nodiscard]] ClassLimits limits_of(const Arrival& arrival) const;
  [[nodiscard]] Error why_full(Class cls) const;
  Room make_room(const Arrival& arrival, Actions& actions);
  void make_disk_room(Actions& actions);
  Room drop_oldest(Class cls, Actions& actions);
  void give_up(ClassQueue& queue, ClassQueue::Item& item, Loss why, Actions& actions);
  void answer_cloud(const Row& row, const std::optional<Error>& error, Actions& actions);
  void number_arrivals(const Now& now, Actions& actions);
  void number_line(Line line, const Now& now, Actions& actions);
  void refuse_all(Actions& actions);
  void build_removals(const Now& now, std::vector<Write>& writes);
  void build_retag(std::vector<Write>& writes);
  void build_inserts(std::vector<Write>& writes);
  void store_numbered(Actions& actions);
  void load(const Now& now, Actions& actions);
  void settle_failed(const Error& error, Actions& actions);
  void drop_expired(const Now& now, Actions& actions);
  void return_row(const Now& now, ClassQueue::Item& item, Return why, Actions& actions);

  OutboxOptions options_;
  Streams streams_;
  Detours detours_;
  Gaps gaps_;
  Intake intake_;
  Sender::Queues queues_;
  Sender sender_;
  std::array<std::unordered_map<std::int64_t, Ticket>, kClasses> cloud_waits_;
  std::array<std::vector<std::int64_t>, kClasses> removing_;
  std::optional<Retagging> retagging_;
  std::array<bool, kClasses> needs_oldest_{};  // to make room, or to look for expired ones
  std::array<Totals, kClasses> numbered_{};    // in the commit that is built; last_row unused
  std::size_t scans_ = 0;
  bool disk_full_ = false;
  unsigned full_rounds_ = 0;  // how often in a row the disk was full
  HubTime load_after_{0};     // not before, as reading failed
  HubTime own_after_{0};      // not before, as there was no room for what the hub says
  HubTime built_{0};          // the last commit
  std::optional<HubTime> leaving_since_;
  HubTime next_sweep_{0};
};

}  // namespace edge::sync
