// What somebody probably meant who mistyped a name.
#pragma once

#include <span>
#include <string_view>

namespace edge::daemon {

// The candidate with the fewest typing errors between it and `name`; "" where none is near.
std::string_view closest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace edge::daemon
