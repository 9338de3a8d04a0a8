// Which message bus of a hub a command means.
#pragma once

#include <span>
#include <string>

#include "edge/cli/hub_address.h"

namespace edge::cli {

// --pubsub.
std::span<const OptionRow> pubsub_options();

// "/BUS/TOPIC": --pubsub, else the only one that the hub has, and the first operand.
// Errors: those of fetch_status(); kInvalidArgument, listing the buses; kNotFound.
Result<std::string> pubsub_path(const Arguments& arguments, const HubAddress& hub);

}  // namespace edge::cli
