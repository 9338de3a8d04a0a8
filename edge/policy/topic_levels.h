// The levels of a topic, one after the other.
#pragma once

#include <string_view>

namespace edge::policy {

class TopicLevels {
 public:
  explicit TopicLevels(std::string_view topic) noexcept : rest_(topic) {}
  [[nodiscard]] bool done() const noexcept { return done_; }
  // Legal where not done().
  std::string_view take() noexcept {
    const std::size_t slash = rest_.find('/');
    const std::string_view level = rest_.substr(0, slash);
    done_ = slash == std::string_view::npos;
    if (!done_) rest_.remove_prefix(slash + 1);
    return level;
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

}  // namespace edge::policy
