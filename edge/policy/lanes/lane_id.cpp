#include "edge/policy/lanes/lane_id.h"

#include <algorithm>

namespace edge::policy {
namespace {

bool is_letter(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

bool is_inner(char c) noexcept {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

std::optional<LaneId> LaneId::parse(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongest || !is_letter(text.front())) return std::nullopt;
  if (!std::ranges::all_of(text, is_inner)) return std::nullopt;
  LaneId id;
  if (text == id.view()) return id;
  std::ranges::copy(text, id.text_.begin());
  id.size_ = static_cast<std::uint8_t>(text.size());
  return id;
}

}  // namespace edge::policy
