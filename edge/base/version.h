// Which Edgelane this is, and which Dapr it speaks like.
#pragma once

#include <chrono>
#include <string_view>

namespace edge {

// The project's version, set by CMake.
extern const std::string_view kVersion;

// The day of the newest entry in packaging/deb/changelog: it is not earlier than that.
inline constexpr std::chrono::sys_days kReleased{std::chrono::year_month_day{
    std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)}};

// The daprd whose wire behaviour is followed; told to SDKs that ask.
inline constexpr std::string_view kDaprVersion = "1.18.3";

}  // namespace edge
