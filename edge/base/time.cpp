#include "edge/base/time.h"

#include <array>
#include <cstdio>
#include <limits>
#include <optional>

#include "edge/base/strings.h"

namespace edge {
namespace {

#ifdef __SIZEOF_INT128__
__extension__ using Wide = unsigned __int128;
#else  // A 32-bit machine.
__extension__ using Wide = unsigned _BitInt(128);
#endif

// The magnitude of the smallest Duration and int64; the largest is one less.
constexpr std::uint64_t kMaxMagnitude = std::uint64_t{1} << 63U;

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& rest) {
  std::size_t count = 0;
  while (count < rest.size() && is_digit(rest[count])) ++count;
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

enum class Sign { kPlus, kMinus };

Sign take_sign(std::string_view& rest) {
  const Sign sign = rest.starts_with('-') ? Sign::kMinus : Sign::kPlus;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  return sign;
}

// A decimal number without sign: whole + fraction / scale.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  std::uint64_t scale = 1;  // at most 10^19
  bool inexact = false;     // digits that no longer fit were not all zero
};

Decimal with_fraction_digits(std::uint64_t whole, std::string_view digits) {
  constexpr std::uint64_t kFull = (kMaxMagnitude - 1) / 10;
  Decimal number{.whole = whole};
  std::size_t used = 0;
  for (; used < digits.size() && number.fraction <= kFull && used < 19; ++used) {
    number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(digits[used] - '0');
    number.scale *= 10;
  }
  number.inexact = digits.find_first_not_of('0', used) != std::string_view::npos;
  return number;
}

// Nothing where no digit stands at the front or the whole part is over 64 bits.
std::optional<Decimal> take_decimal(std::string_view& rest) {
  const std::string_view whole = take_digits(rest);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const auto value = whole.empty() ? 0 : parse_unsigned(whole);
  if (!value) return std::nullopt;
  return with_fraction_digits(*value, fraction);
}

std::optional<std::int64_t> with_sign(Wide magnitude, Sign sign) {
  if (magnitude > kMaxMagnitude) return std::nullopt;
  if (magnitude == kMaxMagnitude) {
    if (sign == Sign::kPlus) return std::nullopt;
    return std::numeric_limits<std::int64_t>::min();
  }
  const auto value = static_cast<std::int64_t>(magnitude);
  return sign == Sign::kMinus ? -value : value;
}

// One "<number><unit>" of a duration, in nanoseconds; a part of a nanosecond is cut off.
std::optional<Wide> take_span(std::string_view& rest) {
  const auto number = take_decimal(rest);
  if (!number) return std::nullopt;
  std::size_t length = 0;
  while (length < rest.size() && rest[length] != '.' && !is_digit(rest[length])) ++length;
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    // In floating point, so that 0.3333333333333333333h is 20 minutes, as in Go.
    const double fraction =
        static_cast<double>(number->fraction) *
        (static_cast<double>(unit.nanoseconds) / static_cast<double>(number->scale));
    return Wide{number->whole} * unit.nanoseconds + static_cast<std::uint64_t>(fraction);
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_spans(std::string_view text) {
  const Sign sign = take_sign(text);
  if (text.empty()) return std::nullopt;
  Wide total = 0;
  while (!text.empty()) {
    const auto span = take_span(text);
    if (!span) return std::nullopt;
    total += *span;
    if (total > kMaxMagnitude) return std::nullopt;
  }
  return with_sign(total, sign);
}

std::optional<std::int64_t> parse_bare(std::string_view text, Duration bare_unit) {
  const Sign sign = take_sign(text);
  const auto count = parse_unsigned(text);
  if (!count) return std::nullopt;
  return with_sign(Wide{*count} * static_cast<std::uint64_t>(bare_unit.count()), sign);
}

// What a quantity's suffix multiplies by: scale / divisor.
struct Scale {
  std::uint64_t times = 1;
  std::uint64_t divisor = 1;
};

std::optional<std::uint64_t> power_of_ten(std::uint64_t exponent) {
  if (exponent > 18) return std::nullopt;
  std::uint64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

std::optional<Scale> exponent_scale(std::string_view digits) {
  const Sign sign = take_sign(digits);
  const auto exponent = parse_unsigned(digits);
  const auto power = exponent ? power_of_ten(*exponent) : std::nullopt;
  if (!power) return std::nullopt;
  return sign == Sign::kPlus ? Scale{.times = *power} : Scale{.divisor = *power};
}

std::optional<Scale> scale_of(std::string_view suffix) {
  constexpr std::string_view kBinary = "KMGTPE";
  constexpr std::string_view kDecimal = "kMGTPE";
  constexpr std::string_view kSmall = "mun";
  if (suffix.empty()) return Scale{};
  if (suffix.size() == 2 && suffix[1] == 'i') {
    const auto at = kBinary.find(suffix[0]);
    if (at == std::string_view::npos) return std::nullopt;
    return Scale{.times = std::uint64_t{1} << (10 * (at + 1))};
  }
  if (suffix.size() > 1) {
    return ascii_lower(suffix[0]) == 'e' ? exponent_scale(suffix.substr(1)) : std::nullopt;
  }
  if (const auto at = kDecimal.find(suffix[0]); at != std::string_view::npos) {
    return Scale{.times = *power_of_ten(3 * (at + 1))};
  }
  if (const auto at = kSmall.find(suffix[0]); at != std::string_view::npos) {
    return Scale{.divisor = *power_of_ten(3 * (at + 1))};
  }
  return std::nullopt;
}

// Rounded away from zero, as Kubernetes does for a part of a byte.
std::optional<std::int64_t> scaled(const Decimal& number, Scale scale, Sign sign) {
  const Wide whole = Wide{number.whole} * scale.times;
  // No factor is over 2^64, and of two multiplied one is under 2^61: 128 bits hold the sums.
  const Wide unit = Wide{number.scale} * scale.divisor;
  const Wide parts = whole % scale.divisor * number.scale + Wide{number.fraction} * scale.times;
  const bool rest = parts % unit != 0 || number.inexact;
  return with_sign(whole / scale.divisor + parts / unit + (rest ? 1 : 0), sign);
}

std::optional<std::int64_t> quantity(std::string_view text) {
  const Sign sign = take_sign(text);
  const auto number = take_decimal(text);
  const auto scale = number ? scale_of(text) : std::nullopt;
  return scale ? scaled(*number, *scale, sign) : std::nullopt;
}

// "<whole>.<fraction>" of value / 10^digits, without trailing zeros.
std::string with_fraction(std::uint64_t value, int digits) {
  std::string fraction;
  for (int i = 0; i < digits; ++i) {
    const char digit = static_cast<char>('0' + value % 10);
    value /= 10;
    if (digit != '0' || !fraction.empty()) fraction.insert(fraction.begin(), digit);
  }
  return std::to_string(value) + (fraction.empty() ? "" : "." + fraction);
}

}  // namespace

std::string to_rfc3339(WallTime time, Decimals decimals) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int{date.year()},
      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string out(text.data(), static_cast<std::size_t>(length));
  if (decimals == Decimals::kNanoseconds) {
    length = std::snprintf(text.data(), text.size(), ".%09lld",
                           static_cast<long long>(clock.subseconds().count()));
    out.append(text.data(), static_cast<std::size_t>(length));
  }
  return out + 'Z';
}

Result<Duration> parse_duration(std::string_view text, Duration bare_unit) {
  auto count = parse_bare(text, bare_unit);
  if (!count) count = parse_spans(text);
  if (count) return Duration(*count);
  return Error{Code::kInvalidArgument, "invalid duration \"" + std::string(text) + "\""};
}

std::string format_duration(Duration duration) {
  const bool negative = duration < Duration::zero();
  auto left = static_cast<std::uint64_t>(duration.count());
  if (negative) left = 0 - left;
  const std::string sign = negative ? "-" : "";
  if (left == 0) return "0s";
  if (left < 1'000) return sign + std::to_string(left) + "ns";
  if (left < 1'000'000) return sign + with_fraction(left, 3) + "\u00b5s";
  if (left < 1'000'000'000) return sign + with_fraction(left, 6) + "ms";
  constexpr std::uint64_t kMinute = 60'000'000'000;
  const std::uint64_t minutes = left / kMinute;
  std::string out = with_fraction(left % kMinute, 9) + "s";
  if (minutes > 0) out.insert(0, std::to_string(minutes % 60) + "m");
  if (minutes >= 60) out.insert(0, std::to_string(minutes / 60) + "h");
  return sign + out;
}

Result<std::int64_t> parse_quantity(std::string_view text) {
  if (const auto value = quantity(text)) return *value;
  return Error{Code::kInvalidArgument, "invalid quantity \"" + std::string(text) + "\""};
}

}  // namespace edge
