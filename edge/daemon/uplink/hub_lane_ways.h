// HubLaneWays: which topics a lane has in the cloud, as the Lane resources say now.
#pragma once

#include "edge/blocks/lanes/lanes.h"
#include "sync/run/lane_ways.h"

namespace edge::daemon {

class HubLaneWays final : public sync::LaneWays {
 public:
  // `lanes` outlives it.
  explicit HubLaneWays(const blocks::Lanes& lanes) noexcept : lanes_(lanes) {}

  [[nodiscard]] std::string prefix(std::string_view lane) const override;
  [[nodiscard]] std::optional<std::string> lane_at(std::string_view prefix) const override;
  [[nodiscard]] bool takes(std::string_view lane, std::string_view topic) const override;

 private:
  [[nodiscard]] const policy::LaneSpec* find(std::string_view lane) const;

  const blocks::Lanes& lanes_;
};

}  // namespace edge::daemon
