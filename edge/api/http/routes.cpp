#include "edge/api/http/routes.h"

#include <array>

#include "edge/api/http/handlers.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

constexpr std::array<std::string_view, 7> kVerbs = {"GET",  "POST",  "PUT",    "DELETE",
                                                    "HEAD", "PATCH", "OPTIONS"};
constexpr std::size_t kMostSegments = 16;

// A bit for each verb; 0 for one that no route has.
unsigned bit_of(std::string_view verb) noexcept {
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    if (kVerbs[i] == verb) return 1U << i;
  }
  return 0;
}

// A path in its segments, without memory of its own.
struct Path {
  explicit Path(std::string_view path) noexcept {
    if (path.starts_with('/')) path.remove_prefix(1);
    whole = path;
    while (known < parts.size()) {
      const std::size_t slash = path.find('/');
      parts[known++] = path.substr(0, slash);
      if (slash == std::string_view::npos) {
        count = known;
        return;
      }
      path.remove_prefix(slash + 1);
    }
  }
  // The segments from `first` on, with the slashes between them.
  [[nodiscard]] std::string_view from(std::size_t first) const noexcept {
    if (first >= known) return {};
    return whole.substr(static_cast<std::size_t>(parts[first].data() - whole.data()));
  }
  std::string_view whole;
  std::array<std::string_view, kMostSegments> parts;
  std::size_t known = 0;  // of the first segments
  std::size_t count = 0;  // of all; 0 for a path with more than any route has
};

// A route as it is looked for: taken apart once.
struct Pattern {
  explicit Pattern(const Route& table_row) : route(&table_row), parts(segments(route->pattern)) {
    takes_rest = parts.back().ends_with("...}");
    if (takes_rest) parts.pop_back();
    for (const auto verb : split(route->verbs, ' ')) verbs |= bit_of(verb);
    for (const auto part : parts) is_parameter.push_back(part.starts_with('{'));
  }

  // Whether the literal parts agree; the rest is decoded afterwards. The second part, which
  // differs most, is looked at first.
  [[nodiscard]] bool fits(const Path& path) const noexcept {
    if (path.known < parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::size_t at = i < 2 && parts.size() > 1 ? 1 - i : i;
      const std::string_view given = path.parts[at];
      if (is_parameter[at] ? given.empty() : given != parts[at]) return false;
    }
    return true;
  }

  const Route* route;
  std::vector<std::string_view> parts;
  std::vector<char> is_parameter;
  unsigned verbs = 0;
  bool takes_rest = false;  // the last part, which is not in `parts`, is {a...}
};

// In the table's order.
struct Patterns {
  std::array<std::vector<Pattern>, kMostSegments + 1> by_count;  // of segments
  std::vector<Pattern> with_rest;
};

const Patterns& patterns() {
  static const Patterns made = [] {
    Patterns sorted;
    for (const Route& route : routes()) {
      Pattern pattern(route);
      auto& place =
          pattern.takes_rest ? sorted.with_rest : sorted.by_count.at(pattern.parts.size());
      place.push_back(std::move(pattern));
    }
    return sorted;
  }();
  return made;
}

Match match_of(const Pattern& pattern, const Path& given) {
  Match match{pattern.route, pattern.parts[0], pattern.parts[1], {}};
  match.parameters.reserve(2);
  for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
    if (!pattern.is_parameter[i]) continue;
    match.parameters.push_back(percent_decode(given.parts[i], PlusSign::kIsSpace).value_or(""));
  }
  return match;
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
      {"GET", "/v1.0-edgelane/subscribe/{pubsub}/{topic...}", Access::kAdmin, stream_topic},
      {"POST", "/v1.0-alpha1/lock/{store}", Access::kApp, try_lock},
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
      {"GET", "/v1.0-edgelane/lane", Access::kAdmin, get_lanes},
      {"POST PUT", "/v1.0-edgelane/lane", Access::kAdmin, set_lane},
      {"GET", "/v1.0-edgelane/lane/history", Access::kAdmin, get_lane_history},
      {"POST", "/v1.0-edgelane/lane/tag", Access::kAdmin, post_lane_tag},
      {"GET", "/v1.0-edgelane/sync", Access::kAdmin, get_sync},
      {"GET", "/v1.0-edgelane/outbox", Access::kAdmin, get_outbox},
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
  const Path given(path);
  const unsigned wanted = bit_of(verb);
  for (const Pattern& pattern : patterns().by_count[given.count]) {
    if ((pattern.verbs & wanted) == 0 || !pattern.fits(given)) continue;
    return match_of(pattern, given);
  }
  for (const Pattern& pattern : patterns().with_rest) {
    if ((pattern.verbs & wanted) == 0 || !pattern.fits(given)) continue;
    Match match = match_of(pattern, given);
    const std::string_view rest = given.from(pattern.parts.size());
    match.parameters.push_back(percent_decode(rest, PlusSign::kIsSpace).value_or(""));
    return match;
  }
  return std::nullopt;
}

}  // namespace edge::api
