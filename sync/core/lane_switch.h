// LaneSwitch: moves the hub to another lane without losing what waits, and back if that was wrong.
//
//   active -> prepare -> drain -> probation -> active
//      ^---- failed ----'             '-- back to the lane before
//
// Each step is in the store before anything follows from it, and is taken again after a crash. The
// switch itself is one write. A lane changes new messages only: what waits keeps its stamp (or is
// stamped anew, in the same write where the assignment says so, later where the drain takes too
// long). A move by somebody at the hub needs no preparation and no proof, and is never taken back.
// It is of generation 0.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/core/outbox.h"

namespace edge::sync {

struct LaneOptions {
  HubTime prepare_limit = std::chrono::minutes(1);
  HubTime min_probation = std::chrono::minutes(1);  // the lane before stays subscribed for so long
  std::size_t max_left = 8;                         // lanes before that one
};

class LaneSwitch {
 public:
  LaneSwitch(const LaneOptions& options, Outbox& outbox) : options_(options), outbox_(outbox) {}
  void open(const Now& now, LaneState state, std::optional<Move> hub);

  // The lane of new messages: that of the last switch in the store.
  [[nodiscard]] const Lane& lane() const noexcept { return lane_; }
  [[nodiscard]] const LaneState& state() const noexcept { return state_; }
  // Since the store was made; or an assignment was refused.
  [[nodiscard]] bool has_moved() const noexcept {
    return report_.gen > 0 || state_.previous != state_.lane;
  }
  // The lanes whose commands are taken.
  [[nodiscard]] std::vector<std::string> subscriptions() const;

  void assigned(const Now& now, const Assigned& event, Actions& actions);
  void prepared(const Now& now, const Prepared& event);
  void moved(Move move) { moves_.push_back(std::move(move)); }
  // What was stamped before the switch may have been put back, and gets higher rows.
  void note_put_back() { marks_ = outbox_.marks(); }
  // The cloud has taken the hub's subscriptions to these lanes.
  void reached(const std::vector<std::string>& lanes);
  void advance(const Now& now);
  void find_wake(Wake& wake) const;

  [[nodiscard]] bool has_changes() const noexcept { return changed_; }
  void build(std::vector<Write>& writes);
  void settle(const Status& status, Actions& actions);

  // What to tell the consumers of both lanes; they go through the outbox.
  std::vector<Message> take_messages() noexcept { return std::exchange(messages_, {}); }
  // The last report; told again after each connect.
  [[nodiscard]] const SendLaneReport& report() const noexcept { return report_; }
  bool take_report_change() noexcept { return std::exchange(report_changed_, false); }

 private:
  void take_prepared(const Now& now);
  void leave(const Now& now, const Lane& lane);
  void leave_previous(const Now& now);
  bool forget_left(const Now& now);
  void enter(const Now& now, Assignment assignment, std::uint64_t undone = 0);
  void move(const Now& now, const Move& move);
  void retag(const Now& now, const Outbox::Marks& marks);
  void begin_probation(const Now& now);
  void follow(Action action) { following_.push_back(std::move(action)); }
  void set_phase(LanePhase phase, HubTime deadline);
  void accept(const Now& now, const char* status);
  void go_back(const Now& now, std::string why);
  void fail(std::string why);
  void refuse(std::uint64_t gen);
  void drain(const Now& now);
  void announce(const Lane& in);
  void tell(std::string status, std::string detail = {});
  void end(std::string status, std::string why);

  LaneOptions options_;
  Outbox& outbox_;
  LaneState state_;
  Lane lane_;
  Outbox::Marks marks_{};             // of the switch; what is up to them has to be drained
  std::deque<Move> moves_;            // that are not yet in the store
  std::optional<Prepared> prepared_;  // that came while a change was on its way to the store
  bool changed_ = false;
  bool committing_ = false;
  Actions following_;  // when the change is in the store
  Actions committing_actions_;
  std::vector<Message> messages_;
  SendLaneReport report_;
  bool report_changed_ = false;
};

}  // namespace edge::sync
