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
    while (count < parts.size()) {
      const std::size_t slash = path.find('/');
      parts[count++] = path.substr(0, slash);
      if (slash == std::string_view::npos) return;
      path.remove_prefix(slash + 1);
    }
    count = 0;  // longer than any route
  }
  std::array<std::string_view, kMostSegments> parts;
  std::size_t count = 0;
};

// A route as it is looked for: taken apart once.
struct Pattern {
  explicit Pattern(const Route& table_row) : route(&table_row), parts(segments(route->pattern)) {
    for (const auto verb : split(route->verbs, ' ')) verbs |= bit_of(verb);
    for (const auto part : parts) is_parameter.push_back(part.starts_with('{'));
  }

  // Whether the literal parts agree; the rest is decoded afterwards. The second part, which
  // differs most, is looked at first.
  [[nodiscard]] bool fits(const Path& path) const noexcept {
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
};

// By the number of segments, in the table's order.
using Patterns = std::array<std::vector<Pattern>, kMostSegments + 1>;

const Patterns& patterns() {
  static const Patterns made = [] {
    Patterns by_count;
    for (const Route& route : routes()) {
      Pattern pattern(route);
      by_count.at(pattern.parts.size()).push_back(std::move(pattern));
    }
    return by_count;
  }();
  return made;
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
  const Path given(path);
  const unsigned wanted = bit_of(verb);
  for (const Pattern& pattern : patterns()[given.count]) {
    if ((pattern.verbs & wanted) == 0 || !pattern.fits(given)) continue;
    Match match{pattern.route, pattern.parts[0], pattern.parts[1], {}};
    match.parameters.reserve(2);
    for (std::size_t i = 0; i < given.count; ++i) {
      if (!pattern.is_parameter[i]) continue;
      match.parameters.push_back(percent_decode(given.parts[i], PlusSign::kIsSpace).value_or(""));
    }
    return match;
  }
  return std::nullopt;
}

}  // namespace edge::api
