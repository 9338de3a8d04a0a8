#include "edge/blocks/pubsub/cel/functions.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "edge/base/strings.h"

namespace edge::blocks::cel {
namespace {

constexpr std::size_t kMaxJoined = 1 << 20;

Error overflow() {
  return {Code::kInvalidArgument, "a number overflows"};
}

Error no_conversion(std::string_view to) {
  return {Code::kInvalidArgument, "the value cannot be converted to " + std::string(to)};
}

template <class Whole>
Result<Value> calculate_whole(Operation operation, Whole a, Whole b) {
  Whole result{};
  bool over = false;
  switch (operation) {
    case Operation::kAdd:
      over = __builtin_add_overflow(a, b, &result);
      break;
    case Operation::kSubtract:
      over = __builtin_sub_overflow(a, b, &result);
      break;
    case Operation::kMultiply:
      over = __builtin_mul_overflow(a, b, &result);
      break;
    default:
      if (b == 0) return Error{Code::kInvalidArgument, "division by zero"};
      if constexpr (std::is_signed_v<Whole>) {
        if (b == -1 && a == std::numeric_limits<Whole>::min()) return overflow();
      }
      result = operation == Operation::kDivide ? a / b : a % b;
      break;
  }
  if (over) return overflow();
  return Value{result};
}

Result<Value> calculate_real(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::kAdd:
      return Value{a + b};
    case Operation::kSubtract:
      return Value{a - b};
    case Operation::kMultiply:
      return Value{a * b};
    case Operation::kDivide:
      return Value{a / b};
    default:
      return no_overload("% of doubles");
  }
}

Result<Value> join(const Value& a, const Value& b) {
  const auto* text = a.as<std::string>();
  const auto* more = b.as<std::string>();
  if (text != nullptr && more != nullptr) {
    if (text->size() + more->size() > kMaxJoined) {
      return Error{Code::kInvalidArgument, "a joined string is longer than 1 MiB"};
    }
    return Value{*text + *more};
  }
  auto all = elements(a);
  const auto others = elements(b);
  if (!all || !others) return no_overload("+");
  if (all->size() + others->size() > kMaxJoined) {
    return Error{Code::kInvalidArgument, "a joined list is too long"};
  }
  all->insert(all->end(), others->begin(), others->end());
  return Value{std::make_shared<const std::vector<Value>>(std::move(*all))};
}

template <class Whole>
Result<Value> parse_whole(const std::string& text, std::string_view to) {
  Whole value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return no_conversion(to);
  return Value{value};
}

template <class Whole>
Result<Value> to_whole(const Value& value, std::string_view to) {
  if (const auto* text = value.as<std::string>()) return parse_whole<Whole>(*text, to);
  if (const auto* number = value.as<std::int64_t>()) {
    if (!std::in_range<Whole>(*number)) return overflow();
    return Value{static_cast<Whole>(*number)};
  }
  if (const auto* number = value.as<std::uint64_t>()) {
    if (!std::in_range<Whole>(*number)) return overflow();
    return Value{static_cast<Whole>(*number)};
  }
  const auto* real = value.as<double>();
  if (real == nullptr) return no_conversion(to);
  const double least = static_cast<double>(std::numeric_limits<Whole>::min());
  const double whole = std::trunc(*real);
  if (!(whole >= least && whole < std::ldexp(1.0, std::numeric_limits<Whole>::digits))) {
    return overflow();
  }
  return Value{static_cast<Whole>(whole)};
}

Result<Value> to_real(const Value& value) {
  if (const auto* text = value.as<std::string>()) {
    const auto number = parse_double(*text);
    return number ? Result<Value>(Value{*number}) : no_conversion("double");
  }
  if (const auto* number = value.as<std::int64_t>()) return Value{static_cast<double>(*number)};
  if (const auto* number = value.as<std::uint64_t>()) return Value{static_cast<double>(*number)};
  if (value.as<double>() != nullptr) return value;
  return no_conversion("double");
}

Result<Value> to_string(const Value& value) {
  if (value.as<std::string>() != nullptr) return value;
  if (const auto* truth = value.as<bool>()) return Value{std::string(*truth ? "true" : "false")};
  if (const auto* number = value.as<std::int64_t>()) return Value{std::to_string(*number)};
  if (const auto* number = value.as<std::uint64_t>()) return Value{std::to_string(*number)};
  if (const auto* number = value.as<double>()) return Value{print_double(*number)};
  return no_conversion("string");
}

// As Go's strconv.ParseBool.
Result<Value> to_bool(const Value& value) {
  if (value.as<bool>() != nullptr) return value;
  const auto* text = value.as<std::string>();
  if (text == nullptr) return no_conversion("bool");
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (*text == yes) return Value{true};
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (*text == no) return Value{false};
  }
  return no_conversion("bool");
}

}  // namespace

Result<Value> calculate(Operation operation, const Value& a, const Value& b) {
  const auto* x = a.as<std::int64_t>();
  const auto* y = b.as<std::int64_t>();
  if (x != nullptr && y != nullptr) return calculate_whole(operation, *x, *y);
  const auto* m = a.as<std::uint64_t>();
  const auto* n = b.as<std::uint64_t>();
  if (m != nullptr && n != nullptr) return calculate_whole(operation, *m, *n);
  const auto* r = a.as<double>();
  const auto* s = b.as<double>();
  if (r != nullptr && s != nullptr) return calculate_real(operation, *r, *s);
  if (operation == Operation::kAdd) return join(a, b);
  return no_overload("arithmetic on values of these types");
}

Result<Value> convert(Operation operation, const Value& value) {
  switch (operation) {
    case Operation::kToInt:
      return to_whole<std::int64_t>(value, "int");
    case Operation::kToUint:
      return to_whole<std::uint64_t>(value, "uint");
    case Operation::kToDouble:
      return to_real(value);
    case Operation::kToString:
      return to_string(value);
    default:
      return to_bool(value);
  }
}

Result<Value> test_text(Operation operation, const Value& text, const Value& argument) {
  const auto* whole = text.as<std::string>();
  const auto* part = argument.as<std::string>();
  if (whole == nullptr || part == nullptr) return no_overload("a method of strings");
  switch (operation) {
    case Operation::kContains:
      return Value{whole->find(*part) != std::string::npos};
    case Operation::kStartsWith:
      return Value{whole->starts_with(*part)};
    case Operation::kEndsWith:
      return Value{whole->ends_with(*part)};
    default:
      break;
  }
  const auto pattern = Regex::compile(*part);
  if (!pattern) return pattern.error();
  return Value{pattern->finds(*whole)};
}

}  // namespace edge::blocks::cel
