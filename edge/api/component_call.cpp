#include "edge/api/component_call.h"

namespace edge::api {

ComponentCall::ComponentCall(CountedFor whom, Kind kind, std::string_view component,
                             std::string_view what)
    : whom_(whom), use_{kind, component, what, "", 0}, began_(whom.loop.now()) {}

void ComponentCall::done(std::string_view outcome, std::uint64_t events) const {
  if (whom_.app == nullptr || whom_.app->meter() == nullptr) return;
  observe::AppMeter::Use use = use_;
  use.outcome = outcome;
  use.events = events;
  whom_.app->meter()->used(use, whom_.loop.now() - began_);
}

}  // namespace edge::api
