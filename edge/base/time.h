// Time as the rest of the code sees it: a monotonic clock for durations, a wall clock for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/base/result.h"

namespace edge {

using Duration = std::chrono::nanoseconds;
// Monotonic; its epoch has no meaning and it never jumps. Never stored or sent.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// UTC; may jump, and may start in 1970 on a hub without a battery clock.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Where time comes from. The real one asks the kernel; SimLoop's moves when a test says so.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

// "2026-08-21T20:12:09Z", or with 9 decimals where `Decimals::kNanoseconds`. RFC 3339, UTC.
enum class Decimals { kNone, kNanoseconds };
std::string to_rfc3339(WallTime time, Decimals decimals = Decimals::kNone);

// Go's duration syntax ("1h30m", "500ms", "1.5s", "0"), and a bare integer, counted in `bare_unit`.
// Errors: kInvalidArgument, naming the text.
Result<Duration> parse_duration(std::string_view text,
                                Duration bare_unit = std::chrono::seconds(1));

// Go's shortest form of a duration as daprd prints it: "5s", "500ms", "1m30s".
std::string format_duration(Duration duration);

// A Kubernetes quantity in bytes: "4Mi", "512Ki", "1G", "4096"; a minus sign is allowed.
// Errors: kInvalidArgument, naming the text.
Result<std::int64_t> parse_quantity(std::string_view text);

}  // namespace edge
