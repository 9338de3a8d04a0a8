// Lines of a stream whose pieces end anywhere, up to a bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace edge::etcd {

class Lines {
 public:
  explicit Lines(std::size_t longest) noexcept : longest_(longest) {}

  void add(std::string_view piece);
  // The next whole line, without its end; blank ones are passed over. Valid until the next call.
  std::optional<std::string_view> next();
  // Whether what has come of the next line is longer than a line may be.
  [[nodiscard]] bool too_long() const noexcept { return held_.size() - begin_ > longest_; }

 private:
  std::size_t longest_;
  std::string held_;
  std::size_t begin_ = 0;     // of the next line
  std::size_t searched_ = 0;  // up to here there is no end of it
};

}  // namespace edge::etcd
