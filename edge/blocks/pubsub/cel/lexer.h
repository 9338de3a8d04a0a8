// The words of an expression. Source: the CEL language definition, "Syntax".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::blocks::cel {

enum class TokenKind : std::uint8_t { kEnd, kName, kInt, kUint, kDouble, kString, kSymbol };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;        // of a string: what it stands for; of a number: without sign and suffix
  std::size_t column = 1;  // counted from 1
};

// Ends with a kEnd. Errors: kInvalidArgument, with the column.
Result<std::vector<Token>> read_tokens(std::string_view text);

// "column 7: <what>".
Error fault_at(std::size_t column, std::string_view what);

// Appends a code point as UTF-8; false for one that does not exist.
bool append_utf8(std::string& text, std::uint32_t code);

}  // namespace edge::blocks::cel
