// Headers as they travel between hubs: names with their values. Source: wire reference §1.4, §1.8.
#pragma once

#include "edge/api/grpc/messages/internal_messages.h"
#include "edge/base/header_list.h"

namespace edge::api {

inline constexpr std::string_view kServiceInvocation =
    "/dapr.proto.internals.v1.ServiceInvocation/";
inline constexpr std::int32_t kInternalVersion = 1;

// Adds a value; what is no UTF-8 cannot travel and is left out.
void add_value(rpc::ValueMap& map, std::string_view name, std::string_view value);

// What is in the map, as views into it. Names of what belongs to the gRPC call that a request came
// by begin with "dapr-", as an app may see them. Bounded by the message that they came in.
HeaderList headers_of(const rpc::ValueMap& map);

// Whether a text ends no line that it is written into.
bool fits_line(std::string_view text) noexcept;

// The last value of exactly this name: what a caller says comes before what its hub adds.
std::string_view last_value(const rpc::ValueMap& map, std::string_view name);

}  // namespace edge::api
