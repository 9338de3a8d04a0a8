#include "edge/policy/tokens.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::policy {

std::string_view TokenTable::owner(std::string_view token) const noexcept {
  std::string_view owner;
  for (const auto& [known, app_id] : tokens_) {
    if (equals_in_constant_time(known, token)) owner = app_id;
  }
  return owner;
}

bool TokenTable::owns_one(std::string_view app_id) const noexcept {
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [app_id](const auto& entry) { return entry.second == app_id; });
}

}  // namespace edge::policy
