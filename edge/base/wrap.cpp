#include "edge/base/wrap.h"

#include "edge/base/strings.h"

namespace edge {

std::string wrap_words(std::string_view text, Columns columns) {
  std::string out;
  std::size_t column = columns.first;
  for (const std::string_view word : split(text, ' ')) {
    if (column > columns.first && column + 1 + word.size() > columns.end) {
      out += "\n" + std::string(columns.first, ' ');
      column = columns.first;
    } else if (column > columns.first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace edge
