// LaneStore: the hub's lane in hub.db. Each change is one row, so that it is there or is not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "components/database.h"
#include "edge/blocks/lanes/assignments.h"
#include "edge/blocks/lanes/lanes.h"
#include "edge/loop/sync.h"

namespace edge::daemon {

// All on the loop. Changes beyond kMostChanges are forgotten, the oldest first.
class LaneStore final : public blocks::LaneAssignments {
 public:
  static constexpr std::int64_t kMostChanges = 1000;

  // Everything outlives the store. `path` is that of hub.db.
  LaneStore(Loop& loop, store::OpenFiles& files, blocks::Lanes& lanes, std::string path);

  // Opens the file and puts the lane that it names into force. Without this the first assign() or
  // history() does. Errors: of Database::open.
  Task<Status> open(Ctx ctx);
  Task<void> close() { return database_.close(); }

  Task<Result<blocks::LaneChange>> assign(Ctx ctx, blocks::LaneWish wish) override;
  Task<Result<std::vector<blocks::LaneChange>>> history(Ctx ctx, std::size_t limit) override;

  // Called after the hub was assigned to a lane.
  void on_assigned(std::function<void()> observer) { on_assigned_ = std::move(observer); }
  void tell_assigned() const {
    if (on_assigned_) on_assigned_();
  }

 private:
  Task<Status> open_file(Ctx ctx);

  Loop& loop_;
  blocks::Lanes& lanes_;
  std::string path_;
  components::Database database_;
  Semaphore opening_;
  std::function<void()> on_assigned_;
  bool is_open_ = false;
};

}  // namespace edge::daemon
