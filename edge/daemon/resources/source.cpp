#include "edge/daemon/resources/source.h"

#include <algorithm>
#include <cstddef>

#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

constexpr std::size_t kMaxProblems = 50;
constexpr std::size_t kMaxQuoted = 64;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string to_text(const Source& source) {
  if (source.line <= 0) return source.file;
  return source.file + ":" + std::to_string(source.line);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  std::size_t shown = std::min(text.size(), kMaxQuoted);
  while (shown < text.size() && shown > 0 && is_continuation(text[shown])) --shown;
  for (const char c : text.substr(0, shown)) {
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += "\\x" + hex_encode(std::string_view(&c, 1));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + (shown < text.size() ? "...\"" : "\"");
}

void Problems::add(const Source& source, std::string_view field, std::string_view message) {
  if (lines_.size() >= kMaxProblems) {
    ++left_out_;
    return;
  }
  std::string line = to_text(source) + ": ";
  if (!field.empty()) line += std::string(field) + ": ";
  lines_.push_back(line + std::string(message));
}

Status Problems::status() const {
  if (lines_.empty()) return {};
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
  if (left_out_ > 0) text += "\nand " + std::to_string(left_out_) + " more";
  return Error{Code::kInvalidArgument, text};
}

}  // namespace edge::daemon
