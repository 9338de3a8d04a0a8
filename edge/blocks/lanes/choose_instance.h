// Which instance of an app answers a call that is in a lane. Source: sync reference §1.5.
#pragma once

#include <string_view>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/invoke/channel.h"

namespace edge::blocks {

// The first instance of an app here, and the first at other hubs, from which next_instance() leads
// to the rest; null where there is none.
struct Instances {
  App* here = nullptr;
  App* elsewhere = nullptr;
};

// Of the instances in this namespace, not both null: the lane's where it serves, else the
// baseline's; the lane's again where there is no baseline. Errors: kUnavailable, with the refusal
// noted in `trip`; kNotFound where the app has no instance in this namespace.
Result<App*> choose_instance(const Instances& instances, std::string_view name_space,
                             LaneTrip& trip);

// The baseline's instance in place of a lane's that could not be reached, for a call that may be
// made again; null where there is none, or the lane is strict: that is noted as the refusal.
App* instead_of(const Instances& instances, const App& failed, LaneTrip& trip);

}  // namespace edge::blocks
