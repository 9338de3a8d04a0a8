#include "sync/core/lane_switch.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::sync {
namespace {

constexpr std::string_view kSwitchType = "io.edgelane.lane.switch.v1";
constexpr HubTime kNoLimit = std::chrono::hours(24 * 366 * 100);

constexpr const char* kTooLate = "it has expired before the hub was in its lane";

bool is_over(const Now& now, const Assignment& assignment) {
  return assignment.expires && now.wall && *now.wall >= *assignment.expires;
}

}  // namespace

std::string_view name_of(LanePhase phase) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"active", "prepare", "drain", "probation"};
  return kNames[static_cast<std::size_t>(phase)];
}

void LaneSwitch::open(const Now& now, LaneState state, std::optional<Move> hub) {
  state_ = std::move(state);
  lane_ = state_.lane;
  marks_ = outbox_.marks();
  report_ = {
      .gen = state_.highest_gen, .status = std::string(name_of(state_.phase)), .lane = lane_};
  if (!state_.end.status.empty()) {
    report_.status = state_.end.status;
    report_.detail = state_.end.detail;
  }
  if (state_.phase == LanePhase::kPrepare) {
    changed_ = true;
    follow(Prepare{state_.pending});
  }
  if (state_.phase == LanePhase::kDrain) announce(lane_);
  if (hub) move(now, *hub);
}

std::vector<std::string> LaneSwitch::subscriptions() const {
  std::vector<std::string> lanes = {lane_.id};
  const auto add = [&](const std::string& lane) {
    if (std::ranges::find(lanes, lane) == lanes.end()) lanes.push_back(lane);
  };
  add(state_.lane.id);  // another one while a switch, or the way back, is on its way to the store
  if (state_.phase != LanePhase::kActive) add(state_.pending.lane.id);
  if (state_.phase == LanePhase::kDrain || state_.phase == LanePhase::kProbation) {
    add(state_.previous.id);
  }
  for (const LeftLane& one : state_.left) add(one.lane);
  return lanes;
}

void LaneSwitch::tell(std::string status, std::string detail) {
  report_ = {.gen = state_.highest_gen,
             .status = std::move(status),
             .detail = std::move(detail),
             .lane = state_.lane};
  report_changed_ = true;
}

void LaneSwitch::end(std::string status, std::string why) {
  state_.end = {std::move(status), std::move(why)};
  tell(state_.end.status, state_.end.detail);
}

void LaneSwitch::set_phase(LanePhase phase, HubTime deadline) {
  state_.phase = phase;
  state_.deadline = deadline;
  changed_ = true;
}

void LaneSwitch::assigned(const Now& now, const Assigned& event, Actions& actions) {
  const Acknowledge acknowledge{event.connection, event.delivery};
  const std::uint64_t gen = event.assignment.lane.gen;
  if (gen <= state_.highest_gen) {
    // It comes with each connection, as it is retained.
    if (changed_ || committing_) {
      follow(acknowledge);
      changed_ = true;
    } else {
      actions.emplace_back(acknowledge);
    }
    if (gen < state_.highest_gen)
      tell("stale", "an assignment of generation " + std::to_string(gen));
    return;
  }
  if (is_over(now, event.assignment)) {
    actions.emplace_back(acknowledge);
    return refuse(gen);
  }
  leave_previous(now);
  state_.highest_gen = gen;
  state_.pending = event.assignment;
  state_.end = {};
  set_phase(LanePhase::kPrepare, now.hub + options_.prepare_limit);
  follow(acknowledge);
  follow(Prepare{event.assignment});
  tell("preparing");
}

void LaneSwitch::prepared(const Now& now, const Prepared& event) {
  prepared_ = event;
  if (!committing_ && !changed_) take_prepared(now);
}

void LaneSwitch::take_prepared(const Now& now) {
  const Prepared event = *std::exchange(prepared_, std::nullopt);
  if (event.gen != state_.pending.lane.gen) return;
  if (state_.phase == LanePhase::kPrepare) {
    if (!event.status) return fail(event.status.error().message);
    return is_over(now, state_.pending) ? fail(kTooLate) : enter(now, state_.pending);
  }
  const bool is_new = state_.phase == LanePhase::kDrain || state_.phase == LanePhase::kProbation;
  if (is_new && !event.status) go_back(now, event.status.error().message);
}

void LaneSwitch::announce(const Lane& in) {
  const nlohmann::json body = {
      {"from", state_.previous.id}, {"to", state_.lane.id}, {"gen", state_.lane.gen}};
  messages_.push_back({.cls = Class::kAlarm,
                       .source = std::string(kOwnSource),
                       .topic = std::string(kLaneSwitchTopic),
                       .key = "lane",
                       .lane = in,
                       .type = std::string(kSwitchType),
                       .body = dump_json(body)});
}

void LaneSwitch::leave(const Now& now, const Lane& lane) {
  const HubTime until = now.hub + options_.min_probation;
  std::erase_if(state_.left, [&](const LeftLane& one) { return one.lane == lane.id; });
  if (state_.left.size() >= options_.max_left) state_.left.erase(state_.left.begin());
  state_.left.push_back({lane.id, until});
}

// The next change begins before the last one is done.
void LaneSwitch::leave_previous(const Now& now) {
  const bool is_new = state_.phase == LanePhase::kDrain || state_.phase == LanePhase::kProbation;
  if (is_new) leave(now, state_.previous);
}

bool LaneSwitch::forget_left(const Now& now) {
  if (state_.left.empty() || !outbox_.is_drained_to(marks_)) return false;
  const auto is_over = [&](const LeftLane& one) { return now.hub >= one.until; };
  changed_ = std::erase_if(state_.left, is_over) > 0;
  return changed_;
}

void LaneSwitch::enter(const Now& now, Assignment assignment, std::uint64_t undone) {
  leave_previous(now);
  state_.previous = lane_;
  state_.lane = assignment.lane;
  std::erase_if(state_.left, [&](const LeftLane& one) {
    return one.lane == state_.lane.id || one.lane == state_.previous.id;
  });
  state_.pending = std::move(assignment);
  state_.proven = false;
  state_.end = {};
  set_phase(LanePhase::kDrain, now.hub + state_.pending.drain_limit);
  announce(state_.previous);
  follow(EnterLane{state_.lane, undone});
  tell("draining");
  if (state_.pending.drain == DrainMode::kRetag) retag(now, outbox_.marks());
}

void LaneSwitch::move(const Now& now, const Move& move) {
  if (move.lane == lane_.id) return;
  enter(now, {.lane = {move.lane, 0},
              .drain = move.drain,
              .drain_limit = kNoLimit,
              .probation = options_.min_probation});
  state_.proven = true;
}

// Both are in one write: what is on its way keeps its stamp, and is not stamped anew after a crash.
void LaneSwitch::retag(const Now& now, const Outbox::Marks& marks) {
  outbox_.retag(state_.previous.id, state_.lane, marks);
  begin_probation(now);
}

void LaneSwitch::begin_probation(const Now& now) {
  set_phase(LanePhase::kProbation,
            now.hub + std::max(state_.pending.probation, options_.min_probation));
}

void LaneSwitch::accept(const Now& now, const char* status) {
  if (!outbox_.is_drained_to(marks_)) leave(now, state_.previous);
  set_phase(LanePhase::kActive, HubTime(0));
  tell(status);
}

void LaneSwitch::fail(std::string why) {
  set_phase(LanePhase::kActive, HubTime(0));
  state_.pending = {.lane = state_.lane};
  end("failed", std::move(why));
}

// Its generation does not count as taken up: a clock that is wrong now may be right later.
void LaneSwitch::refuse(std::uint64_t gen) {
  tell("failed", kTooLate);
  report_.gen = gen;
}

void LaneSwitch::go_back(const Now& now, std::string why) {
  leave(now, state_.lane);
  std::swap(state_.lane, state_.previous);
  state_.pending = {.lane = state_.lane};
  set_phase(LanePhase::kActive, HubTime(0));
  follow(EnterLane{state_.lane, state_.highest_gen});
  end("rolledback", std::move(why));
}

void LaneSwitch::reached(const std::vector<std::string>& lanes) {
  const bool is_new = state_.phase == LanePhase::kDrain || state_.phase == LanePhase::kProbation;
  if (!is_new || state_.proven) return;
  if (std::ranges::find(lanes, state_.lane.id) == lanes.end()) return;
  state_.proven = true;
  changed_ = true;
}

void LaneSwitch::drain(const Now& now) {
  if (outbox_.is_drained_to(marks_)) return begin_probation(now);
  if (now.hub >= state_.deadline) retag(now, marks_);
}

void LaneSwitch::advance(const Now& now) {
  if (changed_ || committing_) return;
  if (!moves_.empty()) {
    move(now, moves_.front());
    moves_.pop_front();
    return;
  }
  if (prepared_) return take_prepared(now);
  if (forget_left(now)) return;
  const bool is_due = now.hub >= state_.deadline;
  switch (state_.phase) {
    case LanePhase::kActive: {
      if (!is_over(now, state_.pending)) return;
      if (state_.pending.on_expiry == OnExpiry::kKeep || lane_.id == "base") return;
      return enter(now, {.lane = {"base", 0}}, state_.lane.gen);
    }
    case LanePhase::kPrepare:
      if (is_due) fail("what the lane needs did not come in time");
      return;
    case LanePhase::kDrain:
      return drain(now);
    case LanePhase::kProbation:
      if (!is_due) return;
      if (state_.proven) return accept(now, "active");
      return go_back(now, "the cloud was not reached in the new lane");
  }
}

void LaneSwitch::find_wake(Wake& wake) const {
  if (state_.phase != LanePhase::kActive) wake.consider(state_.deadline);
  for (const LeftLane& one : state_.left) wake.consider(one.until);
}

void LaneSwitch::build(std::vector<Write>& writes) {
  if (!changed_) return;
  changed_ = false;
  committing_ = true;
  writes.emplace_back(PutLane{state_});
  committing_actions_ = std::exchange(following_, {});
}

void LaneSwitch::settle(const Status& status, Actions& actions) {
  if (!std::exchange(committing_, false)) return;
  Actions followed = std::exchange(committing_actions_, {});
  if (!status) {
    changed_ = true;
    following_.insert(following_.begin(), std::make_move_iterator(followed.begin()),
                      std::make_move_iterator(followed.end()));
    return;
  }
  for (Action& action : followed) {
    if (auto* entered = std::get_if<EnterLane>(&action)) {
      lane_ = entered->lane;
      if (!moves_.empty()) entered->stay = Stay::kPassing;
      marks_ = outbox_.marks();
      announce(lane_);
    }
    actions.push_back(std::move(action));
  }
}

}  // namespace edge::sync
