// What may stand in a call's metadata.
#pragma once

#include <string_view>

namespace edge::grpc {

// What is named "...-bin" is base64: libraries refuse a whole call for one that is not.
// Source: gRPC over HTTP/2, "Custom-Metadata".
bool may_be_metadata(std::string_view name, std::string_view value);

}  // namespace edge::grpc
