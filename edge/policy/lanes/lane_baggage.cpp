#include "edge/policy/lanes/lane_baggage.h"

#include "edge/base/strings.h"

namespace edge::policy {
namespace {

constexpr std::string_view kName = "lane";

// Takes the first member off.
std::string_view next_member(std::string_view& rest) noexcept {
  const std::size_t comma = rest.find(',');
  const std::string_view member = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return trim(member);
}

// "gray" of "lane = gray;gen=3"; nothing where the member is another.
std::optional<std::string_view> value_of(std::string_view member) noexcept {
  const std::string_view pair = member.substr(0, member.find(';'));
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != kName) {
    return std::nullopt;
  }
  return trim(pair.substr(equals + 1));
}

}  // namespace

std::optional<std::string_view> lane_in_baggage(std::string_view baggage) noexcept {
  while (!baggage.empty()) {
    if (const auto value = value_of(next_member(baggage))) return value;
  }
  return std::nullopt;
}

std::string without_lane(std::string_view baggage) {
  std::string kept;
  while (!baggage.empty()) {
    const std::string_view member = next_member(baggage);
    if (member.empty() || value_of(member)) continue;
    if (!kept.empty()) kept.push_back(',');
    kept.append(member);
  }
  return kept;
}

std::string with_lane(std::string_view baggage, LaneId lane) {
  std::string all = without_lane(baggage);
  if (!all.empty()) all.push_back(',');
  return all.append(kName).append("=").append(lane.view());
}

}  // namespace edge::policy
