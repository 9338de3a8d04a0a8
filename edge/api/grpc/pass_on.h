// Calls of services that are not the hub's: they go to the app that their metadata names, as they
// are, and so do the answers. Source: wire reference §1.10.
#pragma once

#include "edge/api/grpc/rpc.h"

namespace edge::api {

// Legal where the call has an app's identity.
Task<grpc::Outcome> pass_on(Ctx ctx, Rpc* rpc);

// The same for a call that came from another hub: to an app of this one.
Task<grpc::Outcome> pass_in(Ctx ctx, Rpc* rpc);

}  // namespace edge::api
