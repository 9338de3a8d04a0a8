// What a burst has taken and given back to malloc goes back to the kernel.
#pragma once

#include "edge/loop/loop.h"

namespace edge::daemon {

// Looks every few seconds, until `ctx` ends. Without it one small block that lives on above freed
// ones keeps all of them with the process.
Task<void> give_back_spare_memory(Loop* loop, Ctx ctx);

}  // namespace edge::daemon
