// LaneAssignments: which lane the hub is assigned to, durably, and how that came about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"
#include "edge/policy/lanes/lane_id.h"

namespace edge::blocks {

// What becomes of messages that wait for the cloud with the name of the lane before: they keep it,
// or get the new one.
enum class LaneDrain : std::uint8_t { kKeep, kRetag };

struct LaneWish {
  policy::LaneId lane;
  std::string note;
  LaneDrain drain = LaneDrain::kKeep;
};

struct LaneChange {
  std::uint64_t number = 0;  // from 1; 0: the hub was never assigned
  WallTime time;
  policy::LaneId lane;
  policy::LaneId before;
  std::string note;
  LaneDrain drain = LaneDrain::kKeep;
};

class LaneAssignments {
 public:
  virtual ~LaneAssignments() = default;
  // In force, and safe from a power cut, when this answers. The lane that the hub is in already
  // changes nothing: the last change is given. Errors: of the store.
  virtual Task<Result<LaneChange>> assign(Ctx ctx, LaneWish wish) = 0;
  // Newest first, at most `limit`.
  virtual Task<Result<std::vector<LaneChange>>> history(Ctx ctx, std::size_t limit) = 0;
};

}  // namespace edge::blocks
