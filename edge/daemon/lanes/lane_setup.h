// From Lane and LaneRules resources to the lanes of the running hub.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "edge/daemon/lanes/lane_store.h"
#include "edge/daemon/resources/resources.h"
#include "edge/daemon/secret_stores.h"
#include "edge/loop/sync.h"

namespace edge::daemon {

class LaneSetup {
 public:
  // Everything outlives it. `data_dir` is where hub.db is; "": the hub cannot be assigned.
  LaneSetup(Loop& loop, store::OpenFiles& files, SecretStores& secrets, blocks::Lanes& lanes,
            const std::string& data_dir);

  // Notes whether there is anything to read, before others make the file. Legal before open().
  void look();
  // Puts the hub's assignment into force, then configure(). The resources outlive this, and a
  // reload changes them right after configure() with those that came.
  Task<Status> open(Ctx ctx, Resources* resources);
  // Puts what the resources say into force. Errors: the users' key cannot be read; nothing has
  // changed then.
  Task<Status> configure(Ctx ctx, Resources* resources);
  // Takes out of force what expires, until `ctx` ends: who is in a lane that has expired, the hub
  // included, is in the baseline. After open().
  Task<void> watch(Ctx ctx);
  Task<void> close();
  // Through whom the hub leaves a lane that has expired; this itself without. It outlives watch().
  void assign_through(blocks::LaneAssignments& assignments) { assignments_ = &assignments; }

  // Called each time when other lanes are in force.
  void on_configured(std::function<void()> observer) { on_configured_ = std::move(observer); }
  // Called each time when instances may be in another lane: by these, or with the hub.
  void on_moved(std::function<void()> observer) { store_.on_assigned(std::move(observer)); }

  // Null where the hub cannot be assigned.
  [[nodiscard]] blocks::LaneAssignments* assignments() noexcept {
    return path_.empty() ? nullptr : &store_;
  }
  // The same. Legal where there is a data directory.
  [[nodiscard]] blocks::LaneAssignments& store() noexcept { return store_; }

 private:
  void put_in_force(const Resources& resources);
  Task<void> leave_expired_lane(Ctx ctx);

  Loop& loop_;
  blocks::Lanes& lanes_;
  SecretStores& secrets_;
  std::string path_;
  LaneStore store_;
  blocks::LaneAssignments* assignments_ = &store_;
  Resources* resources_ = nullptr;
  Event configured_;
  std::size_t over_ = 0;  // so many lanes and rules have expired and are out of force
  std::function<void()> on_configured_;
  bool has_file_ = false;
};

}  // namespace edge::daemon
