#include "components/configuration/overlay.h"

namespace edge::configuration {
namespace {

bool is_same(const replica::Value* one, const replica::Value* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return one->text == other->text;
}

// The viewer's name for a layer's key; "" where it is not one of its keys.
std::string_view key_after(const std::string& prefix, std::string_view key) {
  return key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view();
}

}  // namespace

std::optional<std::string> Overlay::prefix_in(std::size_t layer, const Viewer& viewer) const {
  const auto& [values, kind, stem] = layers_[layer];
  if (kind == LayerKind::kForAll) return std::string();
  const std::string& name = kind == LayerKind::kByLane ? viewer.lane : viewer.device;
  if (name.empty() || !name.starts_with(stem)) return std::nullopt;
  return name.substr(stem.size()) + "/";
}

const replica::Value* Overlay::find_in(std::size_t layer, const Viewer& viewer,
                                       std::string_view key) const {
  auto name = prefix_in(layer, viewer);
  if (!name) return nullptr;
  const replica::Values& values = *layers_[layer].values;
  const auto found = name->empty() ? values.find(key) : values.find(name->append(key));
  return found == values.end() ? nullptr : &found->second;
}

const replica::Value* Overlay::find_below(std::size_t layer, const Viewer& viewer,
                                          std::string_view key) const {
  while (layer > 0) {
    const auto* found = find_in(--layer, viewer, key);
    if (found != nullptr) return found;
  }
  return nullptr;
}

bool Overlay::is_covered(std::size_t layer, const Viewer& viewer, std::string_view key) const {
  for (std::size_t above = layer + 1; above < layers_.size(); ++above) {
    if (find_in(above, viewer, key) != nullptr) return true;
  }
  return false;
}

Overlay::Seen Overlay::all(const Viewer& viewer) const {
  Seen seen;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const auto prefix = prefix_in(layer, viewer);
    if (!prefix) continue;
    const replica::Values& values = *layers_[layer].values;
    for (auto entry = values.lower_bound(*prefix); entry != values.end(); ++entry) {
      if (!entry->first.starts_with(*prefix)) break;
      const std::string_view key = key_after(*prefix, entry->first);
      if (!is_hidden(key)) seen[std::string(key)] = &entry->second;
    }
  }
  return seen;
}

Overlay::Seen Overlay::changed(std::size_t layer, const Viewer& viewer,
                               const replica::Differences& differences) const {
  Seen seen;
  const auto prefix = prefix_in(layer, viewer);
  if (!prefix) return seen;
  for (const auto& [own_key, before, after] : differences) {
    const std::string_view key = key_after(*prefix, own_key);
    if (is_hidden(key) || is_covered(layer, viewer, key)) continue;
    const replica::Value* below = find_below(layer, viewer, key);
    const replica::Value* then = before ? &*before : below;
    const replica::Value* now = after ? &*after : below;
    if (!is_same(then, now)) seen[std::string(key)] = now;
  }
  return seen;
}

}  // namespace edge::configuration
