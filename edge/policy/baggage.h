// W3C baggage: checked at the door. Source: W3C Baggage §3; wire reference §0.1.
#pragma once

#include <string_view>

#include "edge/base/result.h"

namespace edge::policy {

inline constexpr std::size_t kMaxBaggageBytes = 8192;
inline constexpr std::size_t kMaxBaggageMembers = 180;

// Errors: kInvalidArgument where the header is no list of key=value[;property] members, or is
// over the limits above.
Status check_baggage(std::string_view header);

}  // namespace edge::policy
