// JSON looked over without being taken apart: is it well-formed, and where do its members stand.
//
// For messages that are passed on as they are. Numbers keep every digit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::blocks {

// Levels that a message's JSON may have; an envelope adds one.
inline constexpr std::size_t kMessageDepth = 60;

// One JSON text (RFC 8259), in valid UTF-8, at most `max_depth` levels deep.
// Errors: kInvalidArgument for no JSON, kOutOfRange for JSON that is too deep; with the byte,
// counted from 1.
Status check_json(std::string_view text, std::size_t max_depth = kMessageDepth);

struct JsonMember {
  std::string name;
  std::string_view value;  // its text
};

// The members of one JSON object, in order; names may repeat. Errors: as check_json's, and for
// another kind of value.
Result<std::vector<JsonMember>> object_members(std::string_view text,
                                               std::size_t max_depth = kMessageDepth + 1);
// The elements of one JSON array.
Result<std::vector<std::string_view>> array_elements(std::string_view text,
                                                     std::size_t max_depth = kMessageDepth + 2);

// What a JSON string stands for; nothing for another kind of value. `text` is well-formed.
std::optional<std::string> json_string(std::string_view text);

// Appends text as a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& to, std::string_view text);

}  // namespace edge::blocks
