// Text from parts: views and integers.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace edge::store {

namespace detail {

inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, std::integral auto number) {
  out += std::to_string(number);
}

}  // namespace detail

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

}  // namespace edge::store
