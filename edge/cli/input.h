// What commands take in: text of the command line, a file, standard input.
#pragma once

#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::cli {

// `text`, or the content of `file` ("-": standard input); at most one of them is given.
// Errors: kInvalidArgument (both), kNotFound (no such file), kResourceExhausted (over 64 MiB).
Result<std::string> read_input(std::string_view text, std::string_view file);

}  // namespace edge::cli
