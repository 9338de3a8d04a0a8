// What the state stores share: their wording of refusals, TTL, key prefixes and patterns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "components/state/state.h"
#include "edge/base/result.h"

namespace edge::state {

// Source: wire reference §2.3, §2.10.
Error etag_mismatch(std::string_view why = {});

[[nodiscard]] inline bool has_etag(const std::optional<std::string>& etag) {
  return etag && !etag->empty();
}

// Seconds to live of a request; nothing for a value that stays (absent, 0, -1).
// Errors: kOutOfRange where "ttlInSeconds" is not a number from -1 to 2^31-1.
Result<std::optional<std::int64_t>> ttl_seconds(const Metadata& metadata);

// `prefix` with "||" at its end. Errors: kInvalidArgument "prefix is required".
Result<std::string> key_prefix(std::string_view prefix);

// Whether `key` is `prefix` and one last segment.
bool is_last_segment(std::string_view key, std::string_view prefix) noexcept;

// Whether `text` matches an SQL LIKE pattern with backslash escapes, minding case.
bool is_like(std::string_view text, std::string_view pattern) noexcept;

// A page ends with a token that names its last key, so that keys may come and go in between.
std::string page_token(std::string_view last_key);
// The key after which the next page starts. Errors: kInvalidArgument.
Result<std::string> key_of_token(std::string_view token);

}  // namespace edge::state
