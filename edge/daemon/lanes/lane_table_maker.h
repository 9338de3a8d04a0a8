// From resources to the table of a hub's lanes, at a time: a lane or a rule may expire.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "edge/base/time.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

// By it expiry is judged; nothing where the wall clock is not set: then nothing has expired.
using KnownTime = std::optional<WallTime>;
KnownTime known_time(WallTime wall) noexcept;

// Of Lane resources and of the rules in LaneRules.
struct LaneExpiries {
  std::size_t over = 0;   // so many have expired; these are always those that expire first
  bool is_ahead = false;  // any has not
  WallTime next{};        // that is the first of these to expire; set where is_ahead
};
LaneExpiries expiries_of(const Resources& resources, KnownTime now);

// What the resources say, with the lanes that only apps name. Values are resolved.
std::shared_ptr<const policy::LaneTable> make_lane_table(const Resources& resources, KnownTime now);

}  // namespace edge::daemon
