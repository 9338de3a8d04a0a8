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

// "{topic...}", the last part of a pattern, takes the rest of the path, slashes and all.
bool takes_rest(std::string_view segment) {
  return segment.ends_with("...}");
}

// Whether the literal parts agree; the rest is decoded afterwards.
bool fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  const bool rest = takes_rest(pattern.back());
  if (rest ? pattern.size() > path.size() + 1 : pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size() - (rest ? 1 : 0); ++i) {
    if (!is_parameter(pattern[i]) && pattern[i] != path[i]) return false;
    if (is_parameter(pattern[i]) && path[i].empty()) return false;
  }
  return true;
}

// The parts from `first` on, decoded; "" where there are none.
std::string join_decoded(const std::vector<std::string_view>& parts, std::size_t first) {
  std::string joined;
  for (std::size_t i = first; i < parts.size(); ++i) {
    if (i > first) joined.push_back('/');
    joined.append(percent_decode(parts[i], PlusSign::kIsSpace).value_or(""));
  }
  return joined;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table = {
      {"GET", "/v1.0/healthz", Access::kEveryone, get_health},
      {"GET", "/v1.0/healthz/outbound", Access::kEveryone, get_outbound_health},
      {"GET", "/v1.0/metadata", Access::kHub, get_metadata},
      {"PUT", "/v1.0/metadata/{key}", Access::kApp, put_metadata},
      {"GET", "/v1.0-edgelane/status", Access::kTools, get_status},
      {"GET", "/v1.0-edgelane/top", Access::kTools, get_top},
      {"GET", "/v1.0-edgelane/logs", Access::kAdmin, get_logs},
      {"POST", "/v1.0/shutdown", Access::kApp, post_shutdown},
      {"POST PUT", "/v1.0/publish/bulk/{pubsub}/{topic...}", Access::kApp, bulk_publish},
      {"POST PUT", "/v1.0-alpha1/publish/bulk/{pubsub}/{topic...}", Access::kApp, bulk_publish},
      {"POST PUT", "/v1.0/publish/{pubsub}/{topic...}", Access::kApp, publish},
      {"GET", "/v1.0/secrets/{store}/bulk", Access::kApp, get_all_secrets},
      {"GET", "/v1.0/secrets/{store}/{key}", Access::kApp, get_secret},
      {"GET", "/v1.0-edgelane/secrets/{store}", Access::kAdmin, list_secrets},
      {"GET", "/v1.0-edgelane/secrets/{store}/{name}", Access::kAdmin, read_secret},
      {"PUT", "/v1.0-edgelane/secrets/{store}/{name}", Access::kAdmin, put_secret},
      {"DELETE", "/v1.0-edgelane/secrets/{store}/{name}", Access::kAdmin, delete_secret},
      {"POST", "/v1.0-edgelane/secrets/{store}/rotate-key", Access::kAdmin, rotate_secrets_key},
      {"GET", "/v1.0/configuration/{store}", Access::kApp, get_configuration},
      {"GET", "/v1.0/configuration/{store}/subscribe", Access::kApp, subscribe_configuration},
      {"GET", "/v1.0/configuration/{store}/{id}/unsubscribe", Access::kApp,
       unsubscribe_configuration},
      {"GET", "/v1.0-alpha1/configuration/{store}", Access::kApp, get_configuration},
      {"GET", "/v1.0-alpha1/configuration/{store}/subscribe", Access::kApp,
       subscribe_configuration},
      {"GET", "/v1.0-alpha1/configuration/{store}/{id}/unsubscribe", Access::kApp,
       unsubscribe_configuration},
      {"GET", "/v1.0-edgelane/configuration/{store}", Access::kAdmin, list_configuration},
      {"POST PUT", "/v1.0-edgelane/configuration/{store}", Access::kAdmin, write_configuration},
      {"GET", "/v1.0-edgelane/configuration/{store}/history", Access::kAdmin,
       get_configuration_history},
      {"POST PUT", "/v1.0-edgelane/configuration/{store}/rollback", Access::kAdmin,
       rollback_configuration},
      {"GET", "/v1.0-edgelane/configuration/{store}/watch", Access::kAdmin, watch_configuration},
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
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!is_parameter(pattern[i])) continue;
      if (takes_rest(pattern[i])) {
        match.parameters.push_back(join_decoded(parts, i));
        continue;
      }
      match.parameters.push_back(percent_decode(parts[i], PlusSign::kIsSpace).value_or(""));
    }
    return match;
  }
  return std::nullopt;
}

}  // namespace edge::api
