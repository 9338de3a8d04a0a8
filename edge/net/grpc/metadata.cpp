#include "edge/net/grpc/metadata.h"

#include <algorithm>

#include "edge/base/strings.h"

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

// Values of one name may have been joined by commas.
bool is_binary(std::string_view value) {
  while (true) {
    const std::size_t comma = value.find(',');
    if (!base64_decode(trim(value.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

bool may_be_metadata(std::string_view name, std::string_view value) {
  if (!is_name(name) || !is_value(value)) return false;
  return !name.ends_with("-bin") || is_binary(value);
}

}  // namespace edge::grpc
