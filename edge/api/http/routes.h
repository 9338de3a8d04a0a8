// The routes of the HTTP API: one table. What matches none is a call by header (invoke_api.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/http/request.h"

namespace edge::api {

// Who may use a route.
enum class Access : std::uint8_t {
  kEveryone,  // also without a token: health
  kHub,       // with a token where one is set, but without an app's identity: metadata
  kTools,     // as kHub, and not on a public port: what the command line shows
  kApp,       // in the name of an app
  kAdmin,     // changes the hub itself: whoever the listener trusts with that
};

using RouteHandler = Task<void> (*)(Ctx ctx, Request* request);

struct Route {
  std::string_view verbs;  // "GET" or "POST PUT"
  // "/v1.0/state/{store}/{key}": at least two segments; {a} stands for one, {a...} for the rest.
  std::string_view pattern;
  Access access;
  RouteHandler handler;
};

struct Match {
  const Route* route;
  std::string_view version;             // of the API: "v1.0"
  std::string_view api;                 // "state"
  std::vector<std::string> parameters;  // decoded
};

// Finds the route for a verb and a cleaned path whose escapes are well-formed.
std::optional<Match> match_route(std::string_view verb, std::string_view path);

// Every route, for the documentation and tests.
const std::vector<Route>& routes();

}  // namespace edge::api
