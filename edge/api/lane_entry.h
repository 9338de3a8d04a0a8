// Lanes at the door: which lane a request is in, and what of that its calls carry on.
// Source: sync reference §1.5.
#pragma once

#include "edge/api/caller.h"
#include "edge/blocks/api_error.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/blocks/lanes/lane_headers.h"

namespace edge::api {

// Of an answer: the lane of the instance that gave it.
inline constexpr std::string_view kServedHeader = "x-lane-served";

// What is known of a request at the door.
struct LaneDecision {
  policy::LaneContext lane{};  // undecided on a hub without lanes
  bool inherits = false;       // whether the caller is believed what it says of lanes
};

// Undecided on a hub without lanes, and for a request without an app.
LaneDecision decide_lane(Services& services, const Caller& caller, const HeaderList& headers);

// A request's call on its way through the lanes. Outlives the call.
class LaneTravel {
 public:
  // `headers`: the request's; they outlive this.
  LaneTravel(Services& services, const policy::LaneContext& lane, const HeaderList& headers);

  // Puts the lane into the call, in place of what the caller said of lanes.
  void attach(blocks::Call& call);
  // Counts what came of it; the lane of the instance that served, nothing where none did. `reply`
  // is null where nobody answered.
  std::optional<policy::LaneId> note_served(const blocks::Reply* reply);
  // As an error that says why no instance was called; nothing where one was.
  [[nodiscard]] std::optional<blocks::ApiError> refusal(const Error& error) const;

 private:
  Services& services_;
  blocks::LaneTrip trip_;
  blocks::LaneHeaders own_;
  HeaderList kept_;  // the caller's others
};

}  // namespace edge::api
