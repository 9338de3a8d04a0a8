// What the building blocks and the CLI see of the sync engine.
#pragma once

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"
#include "sync/core/engine.h"

namespace edge::sync {

// Where messages for the cloud are given, whether it is there or not. Loop thread.
class CloudPort {
 public:
  virtual ~CloudPort() = default;

  // kCommitted: a power cut can no longer undo it. kCloud: the cloud has it.
  // Errors: kInvalidArgument; kResourceExhausted (its class or the disk is full; where the cloud
  // was waited for: it was given up later); kUnavailable (not stored: try again); kCancelled,
  // kDeadlineExceeded (it goes its way all the same, if it was accepted).
  virtual Task<Result<Receipt>> enqueue(Ctx ctx, Message message, Durability wanted) = 0;
  [[nodiscard]] virtual EngineStatus status() const = 0;
};

}  // namespace edge::sync
