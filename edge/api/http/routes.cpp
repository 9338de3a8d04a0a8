#include "edge/api/http/routes.h"

#include "edge/api/http/handlers.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

bool lists(std::string_view verbs, std::string_view verb) {
  const auto known = split(verbs, ' ');
  return std::find(known.begin(), known.end(), verb) != known.end();
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

// Whether the literal parts agree; the rest is decoded afterwards.
bool fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_parameter(pattern[i]) && pattern[i] != path[i]) return false;
    if (is_parameter(pattern[i]) && path[i].empty()) return false;
  }
  return true;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table = {
      {"GET", "/v1.0/healthz", Access::kEveryone, get_health},
      {"GET", "/v1.0/healthz/outbound", Access::kEveryone, get_outbound_health},
      {"GET", "/v1.0/metadata", Access::kHub, get_metadata},
      {"PUT", "/v1.0/metadata/{key}", Access::kApp, put_metadata},
      {"GET", "/v1.0-edgelane/status", Access::kTools, get_status},
      {"POST", "/v1.0/shutdown", Access::kApp, post_shutdown},
      {"GET", "/v1.0/state/{store}/{key}", Access::kApp, get_state},
      {"DELETE", "/v1.0/state/{store}/{key}", Access::kApp, delete_state},
      {"POST PUT", "/v1.0/state/{store}", Access::kApp, save_state},
      {"POST PUT", "/v1.0/state/{store}/bulk", Access::kApp, bulk_get_state},
      {"POST PUT", "/v1.0/state/{store}/transaction", Access::kApp, transact_state},
      {"POST PUT", "/v1.0-alpha1/state/{store}/query", Access::kApp, query_state},
  };
  return table;
}

std::optional<Match> match_route(std::string_view verb, std::string_view path) {
  const auto parts = segments(path);
  for (const Route& route : routes()) {
    const auto pattern = segments(route.pattern);
    if (!lists(route.verbs, verb) || !fits(pattern, parts)) continue;
    Match match{&route, {}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!is_parameter(pattern[i])) continue;
      match.parameters.push_back(percent_decode(parts[i], PlusSign::kIsSpace).value_or(""));
    }
    return match;
  }
  return std::nullopt;
}

}  // namespace edge::api
