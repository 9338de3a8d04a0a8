#include "edge/policy/topic_filter.h"

#include "edge/policy/topic_levels.h"

namespace edge::policy {

bool is_topic_filter(std::string_view text) noexcept {
  if (text.empty()) return false;
  TopicLevels levels(text);
  while (!levels.done()) {
    const std::string_view level = levels.take();
    const bool is_wild = level == "+" || (level == "#" && levels.done());
    if (!is_wild && level.find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

bool fits_filter(std::string_view filter, std::string_view topic) noexcept {
  TopicLevels wanted(filter);
  TopicLevels given(topic);
  while (!wanted.done()) {
    const std::string_view level = wanted.take();
    if (level == "#") return true;
    if (given.done()) return false;
    if (level != given.take() && level != "+") return false;
  }
  return given.done();
}

}  // namespace edge::policy
