#include "edge/daemon/flags_values.h"

#include <array>
#include <charconv>

namespace edge::daemon::flag {
namespace {

template <class T>
Status only_status(const Result<T>& value) {
  if (!value) return value.error();
  return {};
}

}  // namespace

Error expected(std::string_view what, std::string_view got, std::string_view remedy) {
  return {Code::kInvalidArgument,
          "expected " + std::string(what) + ", got " + in_quotes(got) + "; " + std::string(remedy)};
}

// Source: Go's strconv.ParseBool.
Result<bool> to_bool(std::string_view value) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "FALSE", "False"};
  for (const std::string_view word : kTrue) {
    if (value == word) return true;
  }
  for (const std::string_view word : kFalse) {
    if (value == word) return false;
  }
  return expected("true or false", value, "write one of them after =");
}

Result<std::int64_t> to_number(std::string_view value, std::int64_t min, std::int64_t max) {
  const std::string what = min == INT32_MIN && max == INT32_MAX
                               ? "a whole number"
                               : std::to_string(min) + ".." + std::to_string(max);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (!whole) return expected(what, value, "write a number");
  if (number < min || number > max) return expected(what, value, "choose one within");
  return number;
}

Result<std::uint16_t> to_port(std::string_view value) {
  const auto number = to_number(value, 0, 65535);
  if (!number) return number.error();
  return static_cast<std::uint16_t>(*number);
}

Result<Duration> to_duration(std::string_view value) {
  const auto duration = parse_duration(value);
  if (duration && *duration >= Duration::zero()) return *duration;
  return expected("a duration", value, "write one such as 10s, 500ms or 1m30s");
}

Result<std::int64_t> to_quantity(std::string_view value) {
  const auto quantity = parse_quantity(value);
  if (quantity) return *quantity;
  return expected("a size in bytes", value, "write one such as 4Mi, 512Ki or 4096");
}

std::vector<std::string> to_list(std::string_view value) {
  std::vector<std::string> items;
  for (const std::string_view part : split(value, ',')) {
    const std::string_view item = trim(part);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

std::string without_brackets(std::string_view host) {
  const bool wrapped = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return std::string(wrapped ? host.substr(1, host.size() - 2) : host);
}

Status any_text(Draft& /*draft*/, std::string_view /*value*/) {
  return {};
}

Status any_bool(Draft& /*draft*/, std::string_view value) {
  return only_status(to_bool(value));
}

Status any_port(Draft& /*draft*/, std::string_view value) {
  if (value.empty()) return {};
  return only_status(to_port(value));
}

Status any_number(Draft& /*draft*/, std::string_view value) {
  return only_status(to_number(value, INT32_MIN, INT32_MAX));
}

Status any_duration(Draft& /*draft*/, std::string_view value) {
  return only_status(to_duration(value));
}

}  // namespace edge::daemon::flag
