// How fresh a secret is, as headers of an answer. Source: design, "freshness".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "components/secretstores/secretstores.h"

namespace edge::api {

// x-secret-source, x-secret-asof, x-secret-stale.
std::vector<std::pair<std::string, std::string>> freshness_headers(
    const secrets::Freshness& freshness);

}  // namespace edge::api
