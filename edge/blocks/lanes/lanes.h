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

// What an instance sees of that of which each lane has its own: names that begin with "lane/gray/"
// are lane gray's.
struct LaneView {
  bool limited = false;  // false on a hub without lanes: every name is as any other
  policy::LaneId lane;
  bool falls_back = true;  // whether the baseline's are seen where the lane has none
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

  // An instance's own lane, or the hub's: what a call says of its lane counts for nothing here.
  [[nodiscard]] policy::LaneId own_lane(policy::LaneId app) const {
    return table_->decide({.inherited = {}, .user = {}, .device = {}, .app = app, .hub = assigned_})
        .lane;
  }

  [[nodiscard]] LaneView view_of_secrets(policy::LaneId app) const {
    const policy::LaneId own = own_lane(app);
    const policy::LaneSpec* spec = table_->find(own);
    return {active_, own, own.is_base() || (spec != nullptr && spec->secrets_fallback)};
  }

  LaneCounters counters;

 private:
  std::shared_ptr<const policy::LaneTable> table_ = std::make_shared<policy::LaneTable>();
  policy::LaneId assigned_;
  bool active_ = false;
};

}  // namespace edge::blocks
