#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/yaml.h"

namespace edge::daemon::yaml {
namespace {

using Json = nlohmann::json;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// Source: the tables of go-yaml v2's resolve.go, which daprd reads resources with.
constexpr std::array<std::string_view, 4> kNull = {"~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};

// Digits after an optional base prefix, as in Go: 0x, 0o, 0b, and 0 for octal.
std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  int base = 10;
  if (digits.size() > 1 && digits.front() == '0') {
    const char mark = ascii_lower(digits[1]);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    digits.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<Json> integer(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  const auto value = parse_digits(text);
  if (!value) return std::nullopt;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;
  if (!minus) return Json(*value);
  if (*value > kLimit) return std::nullopt;
  return Json(static_cast<std::int64_t>(~*value + 1));
}

// A decimal number with a point or an exponent, or an integer over 64 bits.
std::optional<Json> fraction(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool starts =
      !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
  if (!starts) return std::nullopt;
  const auto value = parse_double(text);
  if (!value) return std::nullopt;
  // Go prints a whole number without ".0".
  if (std::trunc(*value) == *value && std::abs(*value) < 1e15) {
    return Json(static_cast<std::int64_t>(*value));
  }
  return Json(*value);
}

Json scalar(const Node& node) {
  const std::string& text = node.text;
  if (node.style == Node::Style::kQuoted) return text;
  if (text.empty() || is_one_of(text, kNull)) return nullptr;
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  if (!std::string_view("+-.0123456789").contains(text.front())) return text;
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  if (auto number = integer(digits)) return *number;
  if (auto number = fraction(digits)) return *number;
  return text;
}

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kScalar:
      return scalar(node);
    case Node::Kind::kList: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::kMap:
      break;
  }
  Json map = Json::object();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    map[node.keys[i].name] = to_json(node.items[i]);
  }
  return map;
}

}  // namespace

std::string to_json_text(const Node& node) {
  return dump_json(to_json(node));
}

std::string to_plain_text(const Node& node) {
  const Json value = to_json(node);
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return dump_json(value);
}

}  // namespace edge::daemon::yaml
