// HeaderList: names and values of a message's head, in order; views into somebody else's bytes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "edge/base/strings.h"

namespace edge {

struct Header {
  std::string_view name;
  std::string_view value;
};

class HeaderList {
 public:
  void add(std::string_view name, std::string_view value) {
    if (items_.capacity() == 0) items_.reserve(kUsual);
    items_.push_back({name, value});
  }
  void clear() noexcept { items_.clear(); }

  // The first value of a name, matched ignoring case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept {
    for (const Header& item : items_) {
      if (equals_ignoring_case(item.name, name)) return item.value;
    }
    return std::nullopt;
  }

  [[nodiscard]] auto begin() const noexcept { return items_.begin(); }
  [[nodiscard]] auto end() const noexcept { return items_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] auto begin() noexcept { return items_.begin(); }
  [[nodiscard]] auto end() noexcept { return items_.end(); }
  Header& back() noexcept { return items_.back(); }

 private:
  static constexpr std::size_t kUsual = 16;
  std::vector<Header> items_;
};

}  // namespace edge
