#include "edge/daemon/uplink/hub_lane.h"

#include <algorithm>
#include <optional>

#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

using blocks::LaneChange;
using blocks::LaneDrain;
using policy::LaneId;

constexpr std::string_view kScope = "edge.sync";
constexpr std::string_view kAssigned = "assigned by the cloud, generation ";
constexpr std::string_view kTakenBack = "taken back or over: generation ";
constexpr std::size_t kMostHistory = 1000;
constexpr Duration kFollowLimit = std::chrono::seconds(5);

std::string note_of(std::string_view what, std::uint64_t gen) {
  return std::string(what) + std::to_string(gen);
}

LaneId id_of(const sync::Lane& lane) {
  return LaneId::parse(lane.id).value_or(LaneId());
}

sync::DrainMode mode_of(LaneDrain drain) {
  return drain == LaneDrain::kRetag ? sync::DrainMode::kRetag : sync::DrainMode::kKeep;
}

// The generation by which the cloud has made this change; nothing where somebody else did.
std::optional<std::uint64_t> gen_of(const LaneChange& change) {
  if (!change.note.starts_with(kAssigned)) return std::nullopt;
  return parse_unsigned(std::string_view(change.note).substr(kAssigned.size()));
}

}  // namespace

Task<Result<LaneChange>> HubLane::assign(Ctx ctx, blocks::LaneWish wish) {
  auto turn = co_await turns_.acquire(ctx);
  if (!turn) co_return turn.error();
  const Permit permit(turns_);
  co_return co_await assign_in_turn(ctx, std::move(wish));
}

Task<Result<LaneChange>> HubLane::assign_in_turn(Ctx ctx, blocks::LaneWish wish) {
  sync::Move move{std::string(wish.lane.view()), mode_of(wish.drain)};
  auto changed = co_await store_.assign(ctx, std::move(wish));
  if (changed) co_await follow(std::move(move));
  co_return changed;
}

Task<void> HubLane::resume() {
  sync::Move move{.lane = std::string(lanes_.assigned().view())};
  co_await follow(std::move(move));
}

// The hub is in the lane, whether somebody still asks or not.
Task<void> HubLane::follow(sync::Move move) {
  const std::string lane = move.lane;
  DeadlineScope limit(loop_, Ctx::background(), kFollowLimit);
  const Status moved = co_await runner_->move(limit.ctx(), std::move(move));
  if (moved) co_return;
  log::warn(kScope, "the hub has another lane, and what goes to the cloud does not follow yet",
            {{"lane", lane}, {"error", moved.error().message}});
}

Status HubLane::assign(sync::Assignment assignment) {
  const std::uint64_t gen = assignment.lane.gen;
  const std::uint64_t highest = runner_->status().highest_gen;
  if (gen > highest) {
    runner_->assign(std::move(assignment));
    return {};
  }
  return Error{Code::kAborted, "the assignment is old: its gen is " + std::to_string(gen) +
                                   ", and this hub has taken up " + std::to_string(highest) +
                                   "; sign one with a higher gen"};
}

// What the cloud has done, and hub.db does not know.
Task<void> HubLane::catch_up(Ctx ctx, const sync::LaneState* last) {
  if (last->highest_gen == 0) co_return;
  auto past = co_await store_.history(ctx, kMostHistory);
  if (!past) co_return;
  const std::uint64_t gen = last->lane.gen;
  const auto is_this = [gen](const LaneChange& change) { return gen_of(change) == gen; };
  if (gen > 0 && std::ranges::none_of(*past, is_this)) {
    co_await keep(ctx, &last->lane, note_of(kAssigned, gen));
    co_return;
  }
  const auto newest = past->empty() ? std::nullopt : gen_of(past->front());
  if (newest && *newest != gen && *newest <= last->highest_gen) {
    co_await keep(ctx, &last->lane, note_of(kTakenBack, *newest));
  }
}

Task<void> HubLane::keep(Ctx ctx, const sync::Lane* lane, std::string note) {
  blocks::LaneWish wish{.lane = id_of(*lane), .note = std::move(note)};
  auto changed = co_await store_.assign(ctx, std::move(wish));
  if (changed) co_return;
  log::error(kScope, "the lane that the cloud assigned cannot be kept",
             {{"lane", lane->id}, {"error", changed.error().message}});
}

Task<sync::Move> HubLane::find(Ctx ctx, sync::LaneState last) {
  co_await catch_up(ctx, &last);
  sync::Move move{.lane = std::string(lanes_.assigned().view())};
  if (move.lane == last.lane.id) co_return move;
  auto newest = co_await store_.history(ctx, 1);
  if (newest && !newest->empty()) move.drain = mode_of(newest->front().drain);
  co_return move;
}

// What somebody at the hub has done meanwhile stays.
Task<void> HubLane::enter(Ctx ctx, sync::EnterLane change) {
  auto turn = co_await turns_.acquire(ctx);
  if (!turn) co_return;
  const Permit permit(turns_);
  const sync::Lane now = runner_->status().lane;
  if (now == change.lane) {
    std::string note = change.undone > 0 ? note_of(kTakenBack, change.undone)
                                         : note_of(kAssigned, change.lane.gen);
    co_await keep(ctx, &change.lane, std::move(note));
  }
}

}  // namespace edge::daemon
