// Reading a time that was written down.
#pragma once

#include <optional>
#include <string_view>

#include "edge/base/time.h"

namespace edge {

// "2026-08-21T20:12:09.5+02:00"; nothing where the text is no such time. Source: RFC 3339 §5.6.
std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace edge
