// Gaps: the account of what was accepted and will not come. Records are sent like messages, and
// only then forgotten.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sync/core/actions.h"

namespace edge::sync {

class Gaps {
 public:
  explicit Gaps(std::size_t limit) : limit_(limit) {}
  // `epoch` is that of this start: the records of each have ids of their own.
  void open(std::vector<Gap> gaps, std::uint32_t epoch);

  // Only what continues a record can be given up.
  [[nodiscard]] bool is_full() const noexcept { return entries_.size() >= limit_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool has_room_for(const Row& row, Loss why) const;
  void add(const Row& row, Loss why);

  // Adds every change that the store does not have; settle() follows.
  void build(std::vector<Write>& writes);
  void settle(const Status& status);
  [[nodiscard]] bool has_changes() const noexcept { return !changed_.empty(); }

  // Marks records as sent, in the store first; what is marked there is given by next().
  void prepare_to_send();
  // One to be sent now; nullptr: none.
  [[nodiscard]] const Gap* next() const;
  void send(std::int64_t id);
  // False where it is not on its way.
  bool acked(std::int64_t id);
  // It has to be sent again, as does what is on its way when the connection ends.
  bool returned(std::int64_t id, Way way);
  [[nodiscard]] Way way_of(std::int64_t id) const { return entries_.at(id).way; }
  void go_offline();

 private:
  using Ids = std::set<std::int64_t>;
  struct Entry {
    Gap gap;
    Way way = Way::kLane;
    bool done = false;  // acknowledged; it is to be removed
  };

  std::size_t limit_;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, Entry> entries_;
  std::map<std::string, std::int64_t> growing_;  // the last of each stream that may grow
  Ids held_;                                     // not marked as sent
  Ids ready_;                                    // marked as sent in the store
  Ids on_the_way_;
  Ids changed_;
  std::vector<std::int64_t> committing_;
};

}  // namespace edge::sync
