// Small text helpers that work on bytes and know only ASCII.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string to_lower(std::string_view text);
namespace detail {
bool same_letters(const char* a, const char* b, std::size_t size) noexcept;
}
inline bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::same_letters(a.data(), b.data(), a.size());
}
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;

// Without leading and trailing blanks (space, tab, CR, LF).
std::string_view trim(std::string_view text) noexcept;

// The parts between separators, empty ones included; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

// Go's strconv.ParseBool widened as Dapr does: 1 t true y yes on, in any case, are true.
bool is_truthy(std::string_view text) noexcept;

// Plus becomes a space only in a query; in a path it stays.
enum class PlusSign { kIsPlus, kIsSpace };
// Percent-decoded text; nothing where an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

// Escapes what may not stand in a URL path; '/' stays.
std::string percent_encode_path(std::string_view path);

// Standard alphabet with padding.
std::string base64_encode(std::string_view bytes);
// Nothing where the text is not base64 in whole (padding may be absent).
std::optional<std::string> base64_decode(std::string_view text);

// Lower-case hexadecimal.
std::string hex_encode(std::string_view bytes);

// Decimal without sign or blanks; nothing on any other character or an overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;

// A decimal number as in C, or nan, inf, infinity in any case, without blanks around; nothing on
// any other text, a number too large for a double, or a text of over 300 characters.
// (std::from_chars for doubles, and std::to_chars, bring 150 KB of tables.)
std::optional<double> parse_double(std::string_view text) noexcept;

// The fewest digits that read back as the same number: "1.5", "1e+30".
std::string print_double(double value);

// Equality whose time depends only on the lengths: for tokens.
bool equals_in_constant_time(std::string_view a, std::string_view b) noexcept;

// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text) noexcept;

}  // namespace edge
