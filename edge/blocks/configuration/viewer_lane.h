// Of whose lane configuration is read: the hub says so, whatever a call brings.
#pragma once

#include <string>

#include "components/configuration/configuration.h"
#include "edge/policy/lanes/lane_id.h"

namespace edge::blocks {

inline void set_lane(configuration::Metadata& metadata, policy::LaneId lane) {
  metadata.erase(std::string(configuration::kLaneKey));
  if (!lane.is_base()) metadata.emplace(configuration::kLaneKey, lane.view());
}

}  // namespace edge::blocks
