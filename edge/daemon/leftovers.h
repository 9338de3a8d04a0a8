// Leftovers: what components have kept in hub.db that no resource names any more.
//
// Copies of configuration and secrets are there for times without the cloud, so they outlive a
// resource by an hour: whoever writes a file anew, or has it on a disk that comes late, loses
// nothing. A component that is named and fails keeps what it has.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "edge/daemon/resources/resources.h"
#include "edge/loop/sync.h"
#include "edge/store/open_files.h"

namespace edge::daemon {

class Leftovers {
 public:
  static constexpr Duration kGrace = std::chrono::hours(1);

  // Everything outlives it. `data_dir` is where hub.db is; "": there is none.
  Leftovers(Loop& loop, store::OpenFiles& files, const Resources& resources,
            const std::string& data_dir);

  // Removes them until `ctx` ends, each time an hour after the resources were last changed.
  Task<void> watch(Ctx ctx);
  void resources_changed() noexcept { changed_.set(); }

 private:
  Task<Status> remove(Ctx ctx);

  Loop& loop_;
  store::OpenFiles& files_;
  const Resources& resources_;
  std::string path_;
  Event changed_;
};

// The names of those components whose type begins with `prefix` and may keep copies in a file.
std::set<std::string> stores_with_copies(const Resources& resources, std::string_view prefix);

}  // namespace edge::daemon
