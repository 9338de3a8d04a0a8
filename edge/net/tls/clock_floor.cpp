#include "edge/net/tls/clock_floor.h"

#include <atomic>

#include "edge/base/version.h"

namespace edge::tls {
namespace {

std::atomic<std::int64_t>& floor_ns() noexcept {
  static std::atomic<std::int64_t> floor{WallTime(kReleased).time_since_epoch().count()};
  return floor;
}

}  // namespace

WallTime clock_floor() noexcept {
  return WallTime(Duration(floor_ns().load()));
}

void set_clock_floor(WallTime time) noexcept {
  floor_ns().store(time.time_since_epoch().count());
}

}  // namespace edge::tls
