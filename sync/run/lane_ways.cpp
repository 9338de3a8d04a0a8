#include "sync/run/lane_ways.h"

#include <algorithm>

namespace edge::sync {

bool is_lane_id(std::string_view id) noexcept {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !id.empty() && id.size() <= kMaxLaneId && id[0] >= 'a' && id[0] <= 'z' &&
         std::ranges::all_of(id, is_fine);
}

std::string LaneWays::prefix(std::string_view lane) const {
  return lane.empty() || lane == kBaseLane ? std::string() : std::string(lane) + "/";
}

std::optional<std::string> LaneWays::lane_at(std::string_view prefix) const {
  if (prefix.empty()) return std::string(kBaseLane);
  const auto lane = prefix.substr(0, prefix.size() - 1);
  if (!prefix.ends_with('/') || !is_lane_id(lane)) return std::nullopt;
  return std::string(lane);
}

bool LaneWays::takes(std::string_view, std::string_view) const {
  return true;
}

const LaneWays& LaneWays::by_name() {
  static const LaneWays ways;
  return ways;
}

}  // namespace edge::sync
