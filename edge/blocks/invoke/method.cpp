#include "edge/blocks/invoke/method.h"

#include <algorithm>
#include <array>
#include <vector>

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

// What may stand in a request line as it is.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (const char c : {'-', '_', '~', '.', '/'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// Nothing to decode, to clean or to escape: nearly every method.
bool is_clean(std::string_view method) noexcept {
  char before = '/';
  for (const char c : method) {
    if (!kPlain[static_cast<unsigned char>(c)]) return false;
    if (before == '/' && (c == '/' || c == '.')) return false;
    before = c;
  }
  return true;
}

bool is_forbidden(unsigned char c) noexcept {
  return c < 0x20 || c == 0x7f || c == '#' || c == '?';
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path, '/');
  for (const auto segment : segments) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string cleaned;
  for (const auto segment : kept) cleaned.append("/").append(segment);
  const bool trailing = path.ends_with('/') && !kept.empty();
  if (trailing || cleaned.empty()) cleaned.push_back('/');
  return cleaned;
}

}  // namespace

Result<std::string> method_path(std::string_view escaped) {
  if (is_clean(escaped)) return "/" + std::string(escaped);
  const auto decoded = percent_decode(escaped, PlusSign::kIsPlus);
  if (!decoded) {
    return Error{Code::kInvalidArgument,
                 "invalid method: broken escape in " + std::string(escaped)};
  }
  if (std::any_of(decoded->begin(), decoded->end(), [](char c) { return is_forbidden(c); })) {
    return Error{Code::kInvalidArgument,
                 "invalid method: it must not hold '#', '?' or control characters"};
  }
  return percent_encode_path(clean_path(*decoded));
}

}  // namespace edge::blocks
