// Messages that a client sends compressed by gzip: the only source that sees <zlib.h> is behind
// this. Source: RFC 1952; gRPC over HTTP/2, "Compression".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge::grpc {

// What `packed` holds. No more than `limit` bytes are unpacked, whatever it says of itself.
// Errors: kResourceExhausted (it holds more), kInternal (no gzip, damaged, or cut off).
Result<std::string> gunzip(std::string_view packed, std::size_t limit);

}  // namespace edge::grpc
