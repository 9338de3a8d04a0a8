// How many entries one request may have: the loop does nothing else while it reads them.
#pragma once

#include "edge/blocks/api_error.h"

namespace edge::blocks {

inline constexpr std::size_t kMostEntries = 10'000;

// `what`: "keys". Errors: kInvalidArgument, naming the limit.
inline ApiResult<void> check_entries(std::size_t count, std::string_view what) {
  if (count <= kMostEntries) return {};
  const std::string told(what);
  return std::unexpected(malformed_request("a request may have " + std::to_string(kMostEntries) +
                                           " " + told + " at the most, and has " +
                                           std::to_string(count) + "; send several requests"));
}

}  // namespace edge::blocks
