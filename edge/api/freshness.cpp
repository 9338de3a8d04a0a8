#include "edge/api/freshness.h"

#include "edge/base/time.h"

namespace edge::api {

std::vector<std::pair<std::string, std::string>> freshness_headers(
    const secrets::Freshness& freshness) {
  return {{"x-secret-source", freshness.live ? "live" : "cache"},
          {"x-secret-asof", to_rfc3339(freshness.as_of)},
          {"x-secret-stale", freshness.stale ? "true" : "false"}};
}

}  // namespace edge::api
