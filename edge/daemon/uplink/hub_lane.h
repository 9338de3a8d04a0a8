// HubLane: one lane for the hub, which hub.db and the sync engine both keep.
//
// Somebody at the hub moves it in hub.db, and the engine follows; the cloud moves it in the engine,
// and hub.db follows. What a crash leaves between the two is made good at the next start.
#pragma once

#include <string>
#include <vector>

#include "edge/blocks/lanes/assignments.h"
#include "edge/blocks/lanes/lanes.h"
#include "edge/loop/sync.h"
#include "sync/run/runner.h"

namespace edge::daemon {

// Loop thread.
class HubLane final : public blocks::LaneAssignments {
 public:
  // All of it outlives the lane.
  HubLane(Loop& loop, blocks::LaneAssignments& store, const blocks::Lanes& lanes)
      : loop_(loop), store_(store), lanes_(lanes), turns_(loop, 1) {}
  // Before the first call of assign() or enter().
  void attach(sync::Runner& runner) noexcept { runner_ = &runner; }

  // Answers when both have it. What keeps the engine from following is logged: it follows later.
  Task<Result<blocks::LaneChange>> assign(Ctx ctx, blocks::LaneWish wish) override;
  Task<Result<std::vector<blocks::LaneChange>>> history(Ctx ctx, std::size_t limit) override {
    return store_.history(ctx, limit);
  }

  // After the runner's start: what a crash has left undone in the engine is made good before the
  // first message.
  Task<void> resume();

  // By the cloud's signed word. Errors: kAborted: one of this generation or a later one was taken
  // up before.
  Status assign(sync::Assignment assignment);

  // As HubActions has them.
  Task<sync::Move> find(Ctx ctx, sync::LaneState last);
  Task<void> enter(Ctx ctx, sync::EnterLane change);

 private:
  Task<void> catch_up(Ctx ctx, const sync::LaneState* last);
  Task<void> keep(Ctx ctx, const sync::Lane* lane, std::string note);
  Task<Result<blocks::LaneChange>> assign_in_turn(Ctx ctx, blocks::LaneWish wish);
  Task<void> follow(sync::Move move);

  Loop& loop_;
  blocks::LaneAssignments& store_;
  const blocks::Lanes& lanes_;
  Semaphore turns_;
  sync::Runner* runner_ = nullptr;
};

}  // namespace edge::daemon
