// Why components that wait for a secret store cannot be opened.
#pragma once

#include <map>
#include <span>
#include <string>

#include "edge/daemon/resources/component.h"

namespace edge::daemon {

// `waiting`: every component whose secret store is not there, `component` among them. `failed`: the
// stores that did not come up, with the reason. Names the whole circle where there is one, as
// "a -> b -> a", and what to change.
std::string why_waiting(const Component& component, std::span<Component* const> waiting,
                        const std::map<std::string, std::string>& failed);

}  // namespace edge::daemon
