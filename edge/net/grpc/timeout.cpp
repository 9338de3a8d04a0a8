#include "edge/net/grpc/timeout.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "edge/base/strings.h"

namespace edge::grpc {
namespace {

constexpr std::int64_t kMostDigits = 99'999'999;

struct Unit {
  char letter;
  std::int64_t nanoseconds;
};

constexpr std::int64_t kSecond = 1'000'000'000;
// The finest first.
constexpr std::array<Unit, 6> kUnits = {{{'n', 1},
                                         {'u', 1'000},
                                         {'m', 1'000'000},
                                         {'S', kSecond},
                                         {'M', 60 * kSecond},
                                         {'H', 3600 * kSecond}}};

}  // namespace

std::optional<Duration> parse_timeout(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const auto count = parse_unsigned(text.substr(0, text.size() - 1));
  const auto unit = std::ranges::find(kUnits, text.back(), &Unit::letter);
  if (!count || unit == kUnits.end()) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*count);
  if (value > INT64_MAX / unit->nanoseconds) return Duration::max();
  return Duration(value * unit->nanoseconds);
}

std::string print_timeout(Duration time) {
  const std::int64_t left = std::max<std::int64_t>(time.count(), 1);
  for (const Unit& unit : kUnits) {
    const std::int64_t count = (left - 1) / unit.nanoseconds + 1;
    if (count <= kMostDigits) return std::to_string(count) + unit.letter;
  }
  return std::to_string(kMostDigits) + 'H';
}

}  // namespace edge::grpc
