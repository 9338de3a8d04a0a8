// What the cloud has the hub do.
#pragma once

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"
#include "sync/core/records.h"

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
  // The hub is in this lane from now on.
  virtual void enter(const Lane& lane) = 0;
};

}  // namespace edge::sync
