#include "edge/net/grpc/metadata.h"

#include <algorithm>

namespace edge::grpc {
namespace {

bool is_name(std::string_view name) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

bool is_value(std::string_view value) noexcept {
  if (value.starts_with(' ') || value.ends_with(' ')) return false;
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

bool may_be_metadata(std::string_view name, std::string_view value) noexcept {
  return is_name(name) && is_value(value);
}

}  // namespace edge::grpc
