// A line of a hub's log for people.
#pragma once

#include <string>
#include <string_view>

namespace edge::cli {

// "2026-08-21 20:12:09.123Z info    dapr.runtime: message key=value" out of a JSON line; what is
// no JSON comes back as it is. Nothing in it speaks to the terminal.
std::string log_line_text(std::string_view json);

}  // namespace edge::cli
