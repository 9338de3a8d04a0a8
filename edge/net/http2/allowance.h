// Allowance: how much of something that costs a peer nothing may come: a burst, and so much a
// second.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "edge/base/time.h"

namespace edge::http2 {

class Allowance {
 public:
  Allowance(std::uint32_t burst, std::uint32_t per_second, TimePoint now) noexcept
      : burst_(burst), per_second_(per_second), left_(burst), since_(now) {}

  // False where it is used up.
  bool take(TimePoint now) noexcept {
    refill(now);
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  void give(std::uint32_t count) noexcept { left_ = std::min(burst_, left_ + count); }

 private:
  void refill(TimePoint now) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count();
    if (seconds <= 0) return;
    since_ += std::chrono::seconds(seconds);
    const auto most = static_cast<std::int64_t>(burst_);
    give(static_cast<std::uint32_t>(std::min(most, seconds * per_second_)));
  }

  std::uint32_t burst_;
  std::uint32_t per_second_;
  std::uint32_t left_;
  TimePoint since_;
};

}  // namespace edge::http2
