#include "components/configuration/overlay.h"

namespace edge::configuration {
namespace {

std::string prefix_of(std::string_view lane) {
  return std::string(lane) + "/";
}

bool is_same(const replica::Value* one, const replica::Value* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return one->text == other->text;
}

}  // namespace

const replica::Value* Overlay::find_in(std::size_t layer, std::string_view lane,
                                       std::string_view key) const {
  const auto& [values, kind] = layers_[layer];
  if (kind == LayerKind::kByLane && lane.empty()) return nullptr;
  const auto found =
      kind == LayerKind::kByLane ? values->find(prefix_of(lane).append(key)) : values->find(key);
  return found == values->end() ? nullptr : &found->second;
}

const replica::Value* Overlay::find_below(std::size_t layer, std::string_view lane,
                                          std::string_view key) const {
  while (layer > 0) {
    const auto* found = find_in(--layer, lane, key);
    if (found != nullptr) return found;
  }
  return nullptr;
}

bool Overlay::is_covered(std::size_t layer, std::string_view lane, std::string_view key) const {
  for (std::size_t above = layer + 1; above < layers_.size(); ++above) {
    if (find_in(above, lane, key) != nullptr) return true;
  }
  return false;
}

std::string_view Overlay::key_in(std::size_t layer, std::string_view lane,
                                 std::string_view key) const {
  if (layers_[layer].kind == LayerKind::kForAll) return key;
  const bool is_own =
      !lane.empty() && key.size() > lane.size() && key.starts_with(lane) && key[lane.size()] == '/';
  return is_own ? key.substr(lane.size() + 1) : std::string_view();
}

Overlay::Seen Overlay::all(std::string_view lane) const {
  Seen seen;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const auto& [values, kind] = layers_[layer];
    const bool by_lane = kind == LayerKind::kByLane;
    auto entry = by_lane ? values->lower_bound(prefix_of(lane)) : values->begin();
    for (; entry != values->end(); ++entry) {
      const std::string_view key = key_in(layer, lane, entry->first);
      if (key.empty()) break;
      seen[std::string(key)] = &entry->second;
    }
  }
  return seen;
}

Overlay::Seen Overlay::changed(std::size_t layer, std::string_view lane,
                               const replica::Differences& differences) const {
  Seen seen;
  for (const auto& [own_key, before, after] : differences) {
    const std::string_view key = key_in(layer, lane, own_key);
    if (key.empty() || is_covered(layer, lane, key)) continue;
    const replica::Value* below = find_below(layer, lane, key);
    const replica::Value* then = before ? &*before : below;
    const replica::Value* now = after ? &*after : below;
    if (!is_same(then, now)) seen[std::string(key)] = now;
  }
  return seen;
}

}  // namespace edge::configuration
