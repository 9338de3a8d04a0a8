#include "edge/blocks/lanes/choose_instance.h"

namespace edge::blocks {
namespace {

using policy::LaneId;
using Refusal = LaneTrip::Refusal;

struct Candidates {
  App* of_lane = nullptr;
  App* of_base = nullptr;
  App* any = nullptr;
};

// The instances here come before those elsewhere.
Candidates candidates_of(const Instances& instances, std::string_view name_space, LaneId lane) {
  Candidates found;
  for (App* first : {instances.here, instances.elsewhere}) {
    for (App* app = first; app != nullptr; app = app->next_instance()) {
      if (app->settings().name_space != name_space) continue;
      found.any = app;
      if (app->lane() == lane && found.of_lane == nullptr) found.of_lane = app;
      if (app->lane().is_base() && found.of_base == nullptr) found.of_base = app;
    }
  }
  return found;
}

Error refuse(const App& app, LaneTrip& trip, Refusal refusal) {
  trip.refusal = refusal;
  const std::string lane(trip.context.lane.view());
  if (refusal == Refusal::kStrict) {
    return {Code::kUnavailable, "lane " + lane + " is strict and has no healthy instance of " +
                                    app.id() + "; start one there, or make the lane permissive"};
  }
  const std::string where =
      trip.context.lane.is_base() ? "the baseline" : lane + " or the baseline";
  return {Code::kUnavailable,
          "there is no instance of " + app.id() + " in " + where + "; add an App resource for it"};
}

}  // namespace

Result<App*> choose_instance(const Instances& instances, std::string_view name_space,
                             LaneTrip& trip) {
  const Candidates found = candidates_of(instances, name_space, trip.context.lane);
  if (found.any == nullptr) {
    const App* other = instances.here == nullptr ? instances.elsewhere : instances.here;
    return Error{Code::kNotFound, "couldn't find service: " + other->id()};
  }
  if (trip.context.lane.is_base()) {
    if (found.of_base != nullptr) return found.of_base;
    return refuse(*found.any, trip, Refusal::kNoInstance);
  }
  if (found.of_lane != nullptr && found.of_lane->serves()) return found.of_lane;
  if (trip.context.mode == policy::LaneMode::kStrict) {
    return refuse(*found.any, trip, Refusal::kStrict);
  }
  if (found.of_base != nullptr) return found.of_base;
  if (found.of_lane != nullptr) return found.of_lane;
  return refuse(*found.any, trip, Refusal::kNoInstance);
}

App* instead_of(const Instances& instances, const App& failed, LaneTrip& trip) {
  if (failed.lane().is_base()) return nullptr;
  if (trip.context.mode == policy::LaneMode::kStrict) {
    trip.refusal = Refusal::kStrict;
    return nullptr;
  }
  return candidates_of(instances, failed.settings().name_space, LaneId()).of_base;
}

}  // namespace edge::blocks
