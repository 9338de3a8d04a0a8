// ApiError as daprd's JSON. Source: wire reference §0.2.
#pragma once

#include <string>

#include "edge/blocks/api_error.h"

namespace edge::api {

// {"errorCode":...,"message":...} and, where the error is structured, "details".
std::string error_body(const blocks::ApiError& error);

}  // namespace edge::api
