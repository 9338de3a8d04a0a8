// ClassQueue: the messages of one class, as far as they are in memory, and what may be sent next.
//
// The store has all of them. In memory are the oldest ones (backlog, read in order up to a row) and
// some that came when nothing older of their stream was left in the store alone (live). Each kind
// has room of its own, so that neither keeps the other out. A message may go when all older ones of
// its stream are done, or on their way by the same lane: a lane is a topic, and only one topic
// keeps an order.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "sync/core/actions.h"
#include "sync/core/detours.h"
#include "sync/core/streams.h"

namespace edge::sync {

enum class Origin : std::uint8_t { kBacklog, kLive };

class ClassQueue {
 public:
  enum class State : std::uint8_t { kWaiting, kSent, kLeaving };
  struct Item {
    RowPtr row;
    Stream* stream = nullptr;
    State state = State::kWaiting;
    Origin origin = Origin::kBacklog;
    Way way = Way::kLane;    // kSent: how
    bool in_doubt = false;   // a connection ended before its acknowledgement: the cloud may have it
    bool overdue = false;    // expired, and not to be given up yet: it is not sent
    bool removing = false;   // kLeaving: its removal is being committed
    std::int64_t after = 0;  // the last row of its stream that was in the store alone
  };

  ClassQueue(Class cls, Streams& streams, const Detours& detours)
      : cls_(cls), streams_(streams), detours_(detours) {}
  // Gives the row up to which the store is to be scanned for streams; 0: it is empty.
  std::int64_t open(const Totals& totals);
  // The streams know what the store has.
  void end_scan();

  // Rows that the store holds, with those that are leaving.
  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
  // What is left when those are gone.
  [[nodiscard]] std::int64_t staying_rows() const noexcept { return totals_.rows - leaving_rows_; }
  [[nodiscard]] std::int64_t staying_bytes() const noexcept {
    return totals_.bytes - leaving_bytes_;
  }
  // Where there is no row, in memory or in the store alone, there is none to count: totals that say
  // otherwise are of a file that has lost rows. True where they were wrong.
  bool correct_totals() noexcept;
  std::int64_t next_row() noexcept { return ++totals_.last_row; }
  // The totals when these rows are removed and `more` is added.
  [[nodiscard]] Totals totals_after(const std::vector<std::int64_t>& removed,
                                    const Totals& more) const;

  // A row is in the store; it belongs to `stream`, which is used for it already.
  void committed(RowPtr row, Stream& stream);

  // Rows to read, where some are left and the memory has room.
  std::optional<Load> load();
  void loaded(const Loaded& loaded);
  // Whether older rows may be in the store than those in memory.
  [[nodiscard]] bool has_deep() const noexcept { return last_deep_ > loaded_to_; }
  [[nodiscard]] bool is_loading() const noexcept { return loading_upto_ != 0; }

  // The next one that may go; nullptr: none.
  Item* next(Origin origin);
  void send(Item& item) noexcept;
  [[nodiscard]] std::size_t waiting(Origin origin) const noexcept;
  // The oldest to be given up: one in doubt only where there is no other, as the account of a
  // message that the cloud has would be wrong. nullptr where it is not in memory, or is on its way.
  Item* oldest();
  // One that has expired, and may be given up.
  using MayLeave = std::function<bool(const Row&)>;
  Item* expired(HubTime now, const MayLeave& may_leave);
  [[nodiscard]] std::optional<HubTime> next_expiry() const noexcept;

  // nullptr where it is not on its way.
  Item* sent(std::int64_t row);
  void leave(Item& item);
  // One that was sent may be sent again.
  void wait_again(Item& item) noexcept;
  // What was sent and is not acknowledged has to be sent again.
  void go_offline();

  // The rows that leave, at most `limit`, for a commit; removed() or put_back() follows.
  std::vector<std::int64_t> take_leaving(std::size_t limit);
  [[nodiscard]] std::size_t leaving() const noexcept { return to_remove_; }
  void removed(const std::vector<std::int64_t>& rows);
  void put_back(const std::vector<std::int64_t>& rows);
  void inserted(std::int64_t bytes) noexcept;

  // No row up to this one is left.
  [[nodiscard]] bool is_drained_to(std::int64_t row) const;
  [[nodiscard]] std::vector<std::int64_t> sent_rows() const;
  void retag(const RetagRows& how);

 private:
  using Items = std::map<std::int64_t, Item>;
  struct Room {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    std::size_t waiting = 0;
    [[nodiscard]] bool has_more() const noexcept;
  };
  void add(RowPtr row, Stream& stream, Origin origin);
  Items::iterator erase(Items::iterator item);
  [[nodiscard]] bool may_go(const Item& item) const noexcept;
  [[nodiscard]] bool may_load() const noexcept;
  Room& room_of(const Item& item) noexcept { return rooms_[static_cast<std::size_t>(item.origin)]; }
  void find_expiry();

  Class cls_;
  Streams& streams_;
  const Detours& detours_;
  Totals totals_;
  Items items_;
  std::array<Room, 2> rooms_;  // by origin
  std::int64_t leaving_rows_ = 0;
  std::int64_t leaving_bytes_ = 0;
  std::size_t to_remove_ = 0;  // leaving, and not yet being removed
  std::int64_t loaded_to_ = 0;
  std::int64_t last_deep_ = 0;
  std::int64_t loading_upto_ = 0;   // 0: no load is under way
  std::int64_t scanning_upto_ = 0;  // 0: no scan is under way
  std::uint64_t round_ = 0;
  HubTime next_expiry_ = HubTime::max();
};

}  // namespace edge::sync
