// Lanes at the door: which lane a request is in, and what of that its calls carry on.
// Source: sync reference §1.5.
#pragma once

#include "edge/api/http/request.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/blocks/lanes/lane_headers.h"

namespace edge::api {

// Of an answer: the lane of the instance that gave it.
inline constexpr std::string_view kServedHeader = "x-lane-served";

// Whether a request has shown whose it is, by its socket, its port or a token; or is taken for the
// default app's.
enum class Identity : std::uint8_t { kShown, kAssumed };

// Decides; legal where the hub has lanes and the request has an app.
policy::LaneContext lane_at_entry(const Request& request, Identity identity);

// Whether the caller is believed what it says of its lane.
bool believes_lane(const Request& request, Identity identity);

// A request's call on its way through the lanes. Outlives the call.
class LaneTravel {
 public:
  explicit LaneTravel(const Request& request);

  // Puts the lane into the call, in place of what the caller said of lanes.
  void attach(blocks::Call& call);
  // Counts what came of it; the answer then says who served.
  void note_served(Request& request) const;
  // As an error that says why no instance was called; nothing where one was.
  [[nodiscard]] std::optional<blocks::ApiError> refusal(const Error& error) const;

 private:
  blocks::LaneTrip trip_;
  blocks::LaneHeaders own_;
  HeaderList kept_;  // the caller's others
};

}  // namespace edge::api
