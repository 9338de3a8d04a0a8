// Reading JSON that comes from outside, without exceptions, within bounds.
//
// Include <nlohmann/json.hpp> in the source that uses what comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "edge/base/result.h"

namespace edge {

inline constexpr std::size_t kJsonDepth = 64;

// One whole JSON text. Objects and arrays may stand at most `max_depth` deep in each other.
// Errors: kInvalidArgument, with the position of the offending byte, counted from 1.
Result<nlohmann::json> parse_json(std::string_view text, std::size_t max_depth = kJsonDepth);

// What a JSON string says; nothing where `text` is anything else or malformed.
std::optional<std::string> read_json_string(std::string_view text);

// Compact text; bytes that are not UTF-8 become U+FFFD.
std::string dump_json(const nlohmann::json& value);

// The member of that name, else one whose name differs only in ASCII case, as Go's decoder
// matches; nullptr where there is none, it is null, or `object` is no object.
const nlohmann::json* find_member(const nlohmann::json& object, std::string_view name);

// Nothing where the member is absent or null.
// Errors: kInvalidArgument, naming the member, where it has another type.
Result<std::optional<std::string>> string_member(const nlohmann::json& object,
                                                 std::string_view name);
Result<std::optional<bool>> bool_member(const nlohmann::json& object, std::string_view name);
// Also where a number has a fraction or does not fit.
Result<std::optional<std::int64_t>> int_member(const nlohmann::json& object, std::string_view name);

}  // namespace edge
