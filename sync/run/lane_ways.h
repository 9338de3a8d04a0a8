// LaneWays: which topics a lane has in the cloud.
//
// Source: sync reference §1.5 (the cloud), §7.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edge::sync {

inline constexpr std::string_view kBaseLane = "base";
inline constexpr std::size_t kMaxLaneId = 16;
// A small letter and up to 15 small letters, digits or '-'.
bool is_lane_id(std::string_view id) noexcept;

// As it is, each lane has its name before its topics, and takes all of them. Loop thread.
class LaneWays {
 public:
  virtual ~LaneWays() = default;
  // What stands before the lane's topics: "gray/"; "" for the baseline.
  [[nodiscard]] virtual std::string prefix(std::string_view lane) const;
  // The lane that has this before its topics.
  [[nodiscard]] virtual std::optional<std::string> lane_at(std::string_view prefix) const;
  // Whether the lane takes what is published to this topic; else the baseline does.
  [[nodiscard]] virtual bool takes(std::string_view lane, std::string_view topic) const;

  static const LaneWays& by_name();
};

}  // namespace edge::sync
