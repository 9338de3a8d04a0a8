#include "edge/daemon/uplink/hub_lane_ways.h"

#include <algorithm>

#include "edge/policy/topic_filter.h"

namespace edge::daemon {

// Messages of a lane that has expired may still wait.
const policy::LaneSpec* HubLaneWays::find(std::string_view lane) const {
  const auto id = policy::LaneId::parse(lane);
  return id ? lanes_.table().find_any(*id) : nullptr;
}

std::string HubLaneWays::prefix(std::string_view lane) const {
  const policy::LaneSpec* spec = find(lane);
  if (spec != nullptr && !spec->uplink_prefix.empty()) return spec->uplink_prefix;
  return LaneWays::prefix(lane);
}

std::optional<std::string> HubLaneWays::lane_at(std::string_view prefix) const {
  for (const policy::LaneSpec& spec : lanes_.table().lanes()) {
    if (!prefix.empty() && spec.uplink_prefix == prefix) return std::string(spec.id.view());
  }
  auto lane = LaneWays::lane_at(prefix);
  if (lane && this->prefix(*lane) != prefix) return std::nullopt;
  return lane;
}

bool HubLaneWays::takes(std::string_view lane, std::string_view topic) const {
  const policy::LaneSpec* spec = find(lane);
  if (spec == nullptr || spec->consumers.empty()) return true;
  return std::ranges::any_of(spec->consumers, [topic](const std::string& filter) {
    return policy::fits_filter(filter, topic);
  });
}

}  // namespace edge::daemon
