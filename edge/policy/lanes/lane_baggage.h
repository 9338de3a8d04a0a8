// The lane in W3C baggage: read, taken out, put in. Source: W3C Baggage §3; sync reference §1.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/policy/lanes/lane_id.h"

namespace edge::policy {

// The value of the first member "lane", decoded as it stands; nothing where there is none.
std::optional<std::string_view> lane_in_baggage(std::string_view baggage) noexcept;

// Without its members "lane"; the others are as they were.
std::string without_lane(std::string_view baggage);

// With one member "lane", after the others.
std::string with_lane(std::string_view baggage, LaneId lane);

}  // namespace edge::policy
