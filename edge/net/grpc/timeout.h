// grpc-timeout: how long a call may take.
// Source: gRPC over HTTP/2, "Timeout": at most 8 digits and a unit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/base/time.h"

namespace edge::grpc {

// Nothing where the text is malformed. What a Duration cannot hold becomes its largest.
std::optional<Duration> parse_timeout(std::string_view text) noexcept;
// In the finest unit that holds it, rounded up; at least "1n".
std::string print_timeout(Duration time);

}  // namespace edge::grpc
