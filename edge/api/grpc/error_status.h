// A building block's failure as gRPC shows it. Source: wire reference §0.2, §2.9.
#pragma once

#include "edge/blocks/api_error.h"
#include "edge/net/grpc/server.h"

namespace edge::api {

grpc::Outcome error_outcome(const blocks::ApiError& error);

// What the API's door refuses: a missing token, an API that is switched off. `http_code` and
// `detail` stand in ErrorInfo. Source: wire reference §0.4.
blocks::ApiError refused_at_door(Code code, std::string_view message, std::string_view http_code,
                                 std::string_view detail);

}  // namespace edge::api
