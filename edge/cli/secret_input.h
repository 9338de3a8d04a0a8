// Secrets as they are typed or piped in; never from the command line, which others can see.
#pragma once

#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::cli {

// The content of `file`; where it is "", what is typed without being shown, or standard input
// without the line end that ends it. Errors: kInvalidArgument for what is empty or no UTF-8 text;
// those of read_input.
Result<std::string> read_secret_value(std::string_view file);

// The content of `file` ("-": standard input). Errors: as above.
Result<std::string> read_secret_file(std::string_view file);

}  // namespace edge::cli
