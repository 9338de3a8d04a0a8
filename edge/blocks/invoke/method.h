// The method of a call as a path: decoded, checked and cleaned. Source: wire reference §1.1.
#pragma once

#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::blocks {

// "switch%2Fon" or "a/../b" as a path that can stand in a request line: "/switch/on", "/b".
// Errors: kInvalidArgument "invalid method: ..." for '#', '?', NUL, control characters and broken
// escapes.
Result<std::string> method_path(std::string_view escaped);

}  // namespace edge::blocks
