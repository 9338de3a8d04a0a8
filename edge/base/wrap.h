// Words in lines of a limited width, for help on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edge {

// The columns that words may stand in, counted from 0.
struct Columns {
  std::size_t first;
  std::size_t end;  // reached only by a word that is longer than a line
};

// The words of `text` in lines, without the last line's end. The first begins where the caller
// stands, at the first column; the others are indented to it.
std::string wrap_words(std::string_view text, Columns columns);

}  // namespace edge
