// What the APIs answer that this build does not have: as a daprd in which they are not configured.
#pragma once

#include <optional>
#include <string_view>

#include "edge/blocks/api_error.h"

namespace edge::api {

// Nothing where `path` is of no API that daprd has and we do not. Source: wire reference §0.3,
// §3.1.
std::optional<blocks::ApiError> not_configured(std::string_view verb, std::string_view path);

}  // namespace edge::api
