#include "edge/policy/lanes/device_topic.h"

#include <algorithm>

#include "edge/base/strings.h"
#include "edge/policy/topic_levels.h"

namespace edge::policy {
namespace {

constexpr std::string_view kDevice = "{device}";

Error wrong(std::string_view expected, std::string_view got) {
  return {Code::kInvalidArgument,
          "expected " + std::string(expected) + ", got \"" + std::string(got) + "\""};
}

bool is_level(std::string_view level) noexcept {
  return level == "+" || level == kDevice || level.find_first_of("+#{}") == std::string_view::npos;
}

}  // namespace

Result<DeviceTopic> DeviceTopic::parse(std::string pubsub, std::string pattern) {
  auto levels = split(pattern, '/');
  if (std::ranges::count(levels, kDevice) != 1) {
    return wrong("a topic with one level that is {device}, such as sensors/{device}/+", pattern);
  }
  if (levels.back() == "#") levels.pop_back();
  if (!std::ranges::all_of(levels, is_level)) {
    return wrong("'+' to be a whole level, and '#' the last one", pattern);
  }
  return DeviceTopic(std::move(pubsub), std::move(pattern));
}

std::string_view DeviceTopic::device_in(std::string_view topic) const noexcept {
  TopicLevels wanted(pattern_);
  TopicLevels given(topic);
  std::string_view device;
  while (!wanted.done()) {
    const std::string_view level = wanted.take();
    if (level == "#") return device;
    if (given.done()) return {};
    const std::string_view actual = given.take();
    if (level == kDevice) {
      device = actual;
    } else if (level != "+" && level != actual) {
      return {};
    }
  }
  return given.done() ? device : std::string_view();
}

}  // namespace edge::policy
