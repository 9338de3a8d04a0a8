// From Lane and LaneRules resources to the lanes of the running hub.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "edge/daemon/lanes/lane_store.h"
#include "edge/daemon/resources/resources.h"
#include "edge/daemon/secret_stores.h"

namespace edge::daemon {

// What the resources say, with the lanes that only apps name. Values are resolved.
std::shared_ptr<const policy::LaneTable> make_lane_table(const Resources& resources);

class LaneSetup {
 public:
  // Everything outlives it. `data_dir` is where hub.db is; "": the hub cannot be assigned.
  LaneSetup(Loop& loop, store::OpenFiles& files, SecretStores& secrets, blocks::Lanes& lanes,
            const std::string& data_dir);

  // Notes whether there is anything to read, before others make the file. Legal before open().
  void look();
  // Puts the hub's assignment into force, then configure().
  Task<Status> open(Ctx ctx, Resources* resources);
  // Puts what the resources say into force. Errors: the users' key cannot be read; nothing has
  // changed then.
  Task<Status> configure(Ctx ctx, Resources* resources);
  Task<void> close();

  // Called each time when other lanes are in force.
  void on_configured(std::function<void()> observer) { on_configured_ = std::move(observer); }

  // Null where the hub cannot be assigned.
  [[nodiscard]] blocks::LaneAssignments* assignments() noexcept {
    return path_.empty() ? nullptr : &store_;
  }
  // The same. Legal where there is a data directory.
  [[nodiscard]] blocks::LaneAssignments& store() noexcept { return store_; }

 private:
  blocks::Lanes& lanes_;
  SecretStores& secrets_;
  std::string path_;
  LaneStore store_;
  std::function<void()> on_configured_;
  bool has_file_ = false;
};

}  // namespace edge::daemon
