// What may stand in a call's metadata.
#pragma once

#include <string_view>

namespace edge::grpc {

// Source: gRPC over HTTP/2, "Custom-Metadata".
bool may_be_metadata(std::string_view name, std::string_view value) noexcept;

}  // namespace edge::grpc
