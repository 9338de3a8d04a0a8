// Lanes: what this hub knows of lanes now, and the decisions that it made.
#pragma once

#include <cstdint>
#include <memory>

#include "edge/policy/lanes/lane_table.h"

namespace edge::blocks {

struct LaneCounters {
  std::uint64_t unknown = 0;    // calls and messages that named a lane which is not known
  std::uint64_t fallbacks = 0;  // calls that the baseline answered for a lane
  std::uint64_t refused = 0;    // calls that no instance could answer
};

// On the loop. A hub without lanes decides nothing: look at active() first.
class Lanes {
 public:
  [[nodiscard]] bool active() const noexcept { return active_; }

  void configure(std::shared_ptr<const policy::LaneTable> table) {
    table_ = std::move(table);
    active_ = !table_->empty() || !assigned_.is_base();
  }
  // The lane of what nothing else decides.
  void assign(policy::LaneId lane) {
    assigned_ = lane;
    active_ = !table_->empty() || !assigned_.is_base();
  }

  [[nodiscard]] policy::LaneId assigned() const noexcept { return assigned_; }
  [[nodiscard]] const policy::LaneTable& table() const noexcept { return *table_; }
  // For who needs it longer than until the next await.
  [[nodiscard]] std::shared_ptr<const policy::LaneTable> snapshot() const { return table_; }

  // Fills in the hub's assignment.
  [[nodiscard]] policy::LaneContext decide(policy::LaneQuestion question) {
    question.hub = assigned_;
    const policy::LaneContext decided = table_->decide(question);
    if (!decided.known) ++counters.unknown;
    return decided;
  }

  LaneCounters counters;

 private:
  std::shared_ptr<const policy::LaneTable> table_ = std::make_shared<policy::LaneTable>();
  policy::LaneId assigned_;
  bool active_ = false;
};

}  // namespace edge::blocks
