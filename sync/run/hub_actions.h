// What the cloud has the hub do.
#pragma once

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"
#include "sync/core/actions.h"

namespace edge::sync {

// Loop thread.
class HubActions {
 public:
  virtual ~HubActions() = default;
  // Carries a command out. It is in the store as running, and is not given twice unless it is
  // idempotent.
  virtual Task<Reply> execute(Ctx ctx, Command command) = 0;
  // Gets what a lane needs: its configuration, its secrets. May come again after a restart.
  virtual Task<Status> prepare(Ctx ctx, Assignment assignment) = 0;
  // The lane that the hub is in, at its start. `last` is what the sync engine last knew.
  virtual Task<Move> find_lane(Ctx ctx, LaneState last) = 0;
  // The hub is in this lane from now on, by the cloud's word or because that was taken back. Not
  // called for what somebody at the hub has done.
  virtual void enter(const EnterLane& change) = 0;
};

}  // namespace edge::sync
