#include "edge/net/mqtt/topic.h"

#include <string>

#include "edge/base/strings.h"

namespace edge::mqtt {
namespace {

constexpr std::size_t kLongest = 65535;
constexpr std::string_view kShare = "$share/";

Error wrong(std::string_view kind, std::string_view text, std::string_view why) {
  constexpr std::size_t kShown = 200;
  return {Code::kInvalidArgument, "MQTT " + std::string(kind) + " '" +
                                      std::string(text.substr(0, kShown)) + "' " +
                                      std::string(why)};
}

Status check_text(std::string_view kind, std::string_view text) {
  if (text.empty()) return wrong(kind, text, "is empty");
  if (text.size() > kLongest) return wrong(kind, text, "is longer than 65535 bytes");
  if (text.find('\0') != std::string_view::npos) return wrong(kind, text, "holds a zero byte");
  if (!is_utf8(text)) return wrong(kind, text, "is not UTF-8");
  return {};
}

}  // namespace

Status check_topic(std::string_view topic) {
  if (auto text = check_text("topic", topic); !text) return text;
  if (topic.find_first_of("+#") != std::string_view::npos) {
    return wrong("topic", topic, "holds a wildcard (+ or #): name the topic to publish to");
  }
  return {};
}

Status check_filter(std::string_view filter) {
  if (auto text = check_text("topic filter", filter); !text) return text;
  std::string_view pattern = filter;
  if (filter.starts_with(kShare)) {
    const auto end = filter.find('/', kShare.size());
    if (end == std::string_view::npos || end == kShare.size() || end + 1 == filter.size()) {
      return wrong("topic filter", filter, "is no shared subscription: write $share/group/filter");
    }
    if (filter.substr(0, end).find_first_of("+#") != std::string_view::npos) {
      return wrong("topic filter", filter, "has a wildcard in the group's name");
    }
    pattern = filter.substr(end + 1);
  }
  const auto levels = split(pattern, '/');
  for (std::size_t at = 0; at < levels.size(); ++at) {
    const auto level = levels[at];
    if (level.find_first_of("+#") == std::string_view::npos) continue;
    if (level.size() > 1) return wrong("topic filter", filter, "has a wildcard beside other text");
    if (level == "#" && at + 1 != levels.size()) {
      return wrong("topic filter", filter, "has # before its end");
    }
  }
  return {};
}

bool is_exact(std::string_view filter) noexcept {
  return !filter.starts_with(kShare) && filter.find_first_of("+#") == std::string_view::npos;
}

}  // namespace edge::mqtt
