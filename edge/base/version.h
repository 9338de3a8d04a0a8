// Which Edgelane this is, and which Dapr it speaks like.
#pragma once

#include <string_view>

namespace edge {

// The project's version, set by CMake.
extern const std::string_view kVersion;

// The daprd whose wire behaviour is followed; told to SDKs that ask.
inline constexpr std::string_view kDaprVersion = "1.18.3";

}  // namespace edge
