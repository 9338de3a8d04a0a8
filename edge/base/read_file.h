// A whole file as bytes.
#pragma once

#include <string>

#include "edge/base/result.h"

namespace edge {

// Errors: kUnavailable (the system's reason, such as "No such file or directory"),
// kResourceExhausted (over `limit` bytes; not read to its end).
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace edge
