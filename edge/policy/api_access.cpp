#include "edge/policy/api_access.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::policy {
namespace {

// "v1.0-alpha1" as rules write it: "v1alpha1".
std::string short_version(std::string_view version) {
  std::string text(version);
  if (const auto at = text.find(".0"); at != std::string::npos) text.erase(at, 2);
  std::erase(text, '-');
  return text;
}

bool is_for(const ApiRule& rule, std::string_view protocol) {
  return rule.protocol.empty() || equals_ignoring_case(rule.protocol, protocol);
}

}  // namespace

bool ApiAccess::rules_permit(std::string_view protocol, std::string_view version,
                             std::string_view name) const {
  const auto matches = [&](const ApiRule& rule) {
    return is_for(rule, protocol) && rule.name == name &&
           (rule.version.empty() || rule.version == version ||
            rule.version == short_version(version));
  };
  const auto concerns = [&](const ApiRule& rule) { return is_for(rule, protocol); };
  if (std::any_of(denied_.begin(), denied_.end(), matches)) return false;
  return std::none_of(allowed_.begin(), allowed_.end(), concerns) ||
         std::any_of(allowed_.begin(), allowed_.end(), matches);
}

}  // namespace edge::policy
