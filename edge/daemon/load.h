// What this hub was told to run: resources from files and from the command line.
#pragma once

#include "edge/daemon/flags.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

// Reads it, with every envRef filled in. Errors: a line for each fault, with file, line and field.
Result<Resources> load_everything(const Options& options);

// Every path that load_everything reads.
std::vector<std::string> resource_paths(const Options& options);

}  // namespace edge::daemon
