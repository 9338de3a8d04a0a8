// From Component resources to open stores. Source: wire reference §13.4, §14.1.
#pragma once

#include <string>
#include <vector>

#include "components/all.h"
#include "edge/api/http/services.h"
#include "edge/blocks/state/state_block.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

class ComponentsLoader {
 public:
  ComponentsLoader(Loop& loop, store::OpenFiles& files, api::Services& services,
                   std::string data_dir)
      : loop_(loop), files_(files), services_(services), data_dir_(std::move(data_dir)) {}

  // Opens every component, in the order of the files. One that fails ends this, unless it says
  // ignoreErrors. Errors: daprd's text, with the component's file and line.
  Task<Status> load(Ctx ctx, const Resources* resources);

  // Opens the stores that a hub has without any resource: "statestore" in its data directory,
  // where no other state store is there.
  Task<Status> load_defaults(Ctx ctx);

 private:
  Task<Status> load_one(Ctx ctx, const Component* component);
  Task<Status> load_state(Ctx ctx, const Component* component);

  Loop& loop_;
  store::OpenFiles& files_;
  api::Services& services_;
  std::string data_dir_;
};

}  // namespace edge::daemon
