// What AWS says instead of an answer, and what can be done about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/base/result.h"
#include "edge/base/time.h"

namespace edge::aws {

struct Refusal {
  int status = 0;
  std::string type;     // "ResourceNotFoundException"; "" where the answer names none
  std::string message;  // bounded, without control characters
};

// `type_header`: the header x-amzn-errortype, or "".
Refusal parse_refusal(int status, std::string_view type_header, std::string_view body);

// Whether the time in the request was too far from the server's.
bool is_clock_refusal(const Refusal& refusal);

// Errors: kNotFound (there is none, or it is marked for deletion), kPermissionDenied,
// kUnauthenticated (the keys are refused), kResourceExhausted (throttled, or the service is in
// trouble: later), kFailedPrecondition (all else).
Error error_of(const Refusal& refusal);

// "Sun, 06 Nov 1994 08:49:37 GMT". Source: RFC 9110 §5.6.7.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace edge::aws
