#include "edge/base/rfc3339.h"

#include <chrono>
#include <cstdint>

#include "edge/base/strings.h"

namespace edge {
namespace {

constexpr int kFirstYear = 1678;  // what nanoseconds in 64 bits can say
constexpr int kLastYear = 2261;

// `count` digits at `at`; -1 where there are others.
int digits_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
  const auto value =
      at + count <= text.size() ? parse_unsigned(text.substr(at, count)) : std::nullopt;
  return value ? static_cast<int>(*value) : -1;
}

bool in(int value, int least, int most) noexcept {
  return value >= least && value <= most;
}

// "Z" or "+02:00".
std::optional<Duration> offset_of(std::string_view text) noexcept {
  if (text == "Z" || text == "z") return Duration::zero();
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits_at(text, 1, 2);
  const int minutes = digits_at(text, 4, 2);
  if (!in(hours, 0, 23) || !in(minutes, 0, 59)) return std::nullopt;
  const Duration size = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -size : size;
}

// ".5" at the front of `rest`, which is shortened by it.
Duration take_fraction(std::string_view& rest) noexcept {
  if (!rest.starts_with('.')) return Duration::zero();
  std::int64_t unit = 1'000'000'000;
  std::int64_t nanoseconds = 0;
  for (rest.remove_prefix(1); !rest.empty() && rest[0] >= '0' && rest[0] <= '9';
       rest.remove_prefix(1)) {
    unit /= 10;
    nanoseconds += unit * (rest[0] - '0');
  }
  return Duration(nanoseconds);
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
  constexpr std::string_view kShape = "####-##-##T##:##:##";
  if (text.size() <= kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[i] == 't' || text[i] == ' ' ? 'T' : text[i];
    if (kShape[i] != '#' && kShape[i] != c) return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(digits_at(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(digits_at(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(digits_at(text, 8, 2)))};
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (!date.ok() || !in(digits_at(text, 0, 4), kFirstYear, kLastYear)) return std::nullopt;
  if (!in(hour, 0, 23) || !in(minute, 0, 59) || !in(second, 0, 60)) return std::nullopt;
  std::string_view rest = text.substr(kShape.size());
  const Duration fraction = take_fraction(rest);
  const auto offset = offset_of(rest);
  if (!offset) return std::nullopt;
  const Duration of_day = std::chrono::hours(hour) + std::chrono::minutes(minute) +
                          std::chrono::seconds(second) + fraction - *offset;
  return WallTime(std::chrono::sys_days(date).time_since_epoch()) + of_day;
}

}  // namespace edge
