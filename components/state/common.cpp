#include "components/state/common.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "edge/base/strings.h"

namespace edge::state {
namespace {

// Bytes of the UTF-8 character that starts with `lead`.
std::size_t character_bytes(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

// Matches one pattern element other than '%' at the front of both; gives how much of each it took.
struct Taken {
  std::size_t text = 0;
  std::size_t pattern = 0;
};

Taken take_one(std::string_view text, std::string_view pattern) noexcept {
  if (text.empty() || pattern.empty()) return {};
  if (pattern[0] == '_') return {std::min(character_bytes(text[0]), text.size()), 1};
  const bool escaped = pattern[0] == '\\' && pattern.size() > 1;
  const char wanted = escaped ? pattern[1] : pattern[0];
  if (text[0] != wanted) return {};
  return {1, escaped ? std::size_t{2} : std::size_t{1}};
}

}  // namespace

Error etag_mismatch(std::string_view why) {
  std::string message = "possible etag mismatch. error from state store";
  if (!why.empty()) message += ": " + std::string(why);
  return {Code::kAborted, std::move(message)};
}

Result<std::optional<std::int64_t>> ttl_seconds(const Metadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (!equals_ignoring_case(name, "ttlInSeconds") || value.empty()) continue;
    std::int64_t seconds = 0;
    const auto* end = value.data() + value.size();
    const auto [rest, failed] = std::from_chars(value.data(), end, seconds);
    if (failed != std::errc() || rest != end || seconds < -1 ||
        seconds > std::numeric_limits<std::int32_t>::max()) {
      return Error{Code::kOutOfRange,
                   "error parsing TTL: ttlInSeconds must be a whole number from "
                   "-1 to 2147483647, not \"" +
                       value + "\""};
    }
    if (seconds > 0) return std::optional(seconds);
  }
  return std::optional<std::int64_t>();
}

Result<std::string> key_prefix(std::string_view prefix) {
  if (prefix.empty() || prefix == "||") {
    return Error{Code::kInvalidArgument, "prefix is required"};
  }
  std::string whole(prefix);
  if (!prefix.ends_with("||")) whole += "||";
  return whole;
}

bool is_last_segment(std::string_view key, std::string_view prefix) noexcept {
  return key.starts_with(prefix) && key.substr(prefix.size()).find("||") == std::string_view::npos;
}

// Greedy with one point to go back to: the last '%'. Linear for patterns with one, at worst the
// product of both lengths.
bool is_like(std::string_view text, std::string_view pattern) noexcept {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t resume_text = 0;
  std::size_t resume_pattern = std::string_view::npos;
  while (true) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '%') {
      resume_pattern = ++in_pattern;
      resume_text = at;
      continue;
    }
    if (at == text.size() && in_pattern == pattern.size()) return true;
    const Taken taken = take_one(text.substr(at), pattern.substr(in_pattern));
    if (taken.text > 0) {
      at += taken.text;
      in_pattern += taken.pattern;
      continue;
    }
    if (resume_pattern == std::string_view::npos || resume_text >= text.size()) return false;
    resume_text += std::min(character_bytes(text[resume_text]), text.size() - resume_text);
    at = resume_text;
    in_pattern = resume_pattern;
  }
}

std::string page_token(std::string_view last_key) {
  return base64_encode(last_key);
}

Result<std::string> key_of_token(std::string_view token) {
  auto key = base64_decode(token);
  if (!key) return Error{Code::kInvalidArgument, "invalid continuation token"};
  return std::move(*key);
}

}  // namespace edge::state
