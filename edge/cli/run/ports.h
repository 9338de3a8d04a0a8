// TCP ports of 127.0.0.1 that nobody listens on.
#pragma once

#include <cstdint>
#include <vector>

#include "edge/base/result.h"

namespace edge::cli {

// `count` different ones, free now; somebody may take one before it is used.
// Errors: kResourceExhausted.
Result<std::vector<std::uint16_t>> free_ports(std::size_t count);

}  // namespace edge::cli
