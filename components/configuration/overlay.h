// Overlay: what a viewer sees of layers that lie on top of each other, key by key.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/replica/values.h"

namespace edge::configuration {

// Who looks. Empty: the baseline; no device.
struct Viewer {
  std::string lane;
  std::string device;

  friend auto operator<=>(const Viewer&, const Viewer&) = default;
};

// kByLane, kByDevice: its keys are "NAME/KEY", and a viewer sees those of its own name.
enum class LayerKind : std::uint8_t { kForAll, kByLane, kByDevice };

struct Layer {
  const replica::Values* values;  // outlives the overlay
  LayerKind kind = LayerKind::kForAll;
  std::string stem = {};  // of the names; its keys go on after it
};

// Values stay those of the layers: valid until these change.
class Overlay {
 public:
  // The lowest first. `hidden`: a key that nobody sees, in no layer.
  explicit Overlay(std::vector<Layer> layers, std::string_view hidden = "")
      : layers_(std::move(layers)), hidden_(hidden) {}

  // nullptr where no layer has it.
  [[nodiscard]] const replica::Value* find(const Viewer& viewer, std::string_view key) const {
    return is_hidden(key) ? nullptr : find_below(layers_.size(), viewer, key);
  }

  using Seen = std::map<std::string, const replica::Value*, std::less<>>;
  [[nodiscard]] Seen all(const Viewer& viewer) const;
  // The keys that this viewer sees otherwise since that layer has changed; nullptr: no more at all.
  [[nodiscard]] Seen changed(std::size_t layer, const Viewer& viewer,
                             const replica::Differences& differences) const;

 private:
  [[nodiscard]] bool is_hidden(std::string_view key) const { return key.empty() || key == hidden_; }
  // What stands before the viewer's keys; nothing where it sees none of the layer.
  [[nodiscard]] std::optional<std::string> prefix_in(std::size_t layer, const Viewer& viewer) const;
  [[nodiscard]] const replica::Value* find_in(std::size_t layer, const Viewer& viewer,
                                              std::string_view key) const;
  [[nodiscard]] const replica::Value* find_below(std::size_t layer, const Viewer& viewer,
                                                 std::string_view key) const;
  [[nodiscard]] bool is_covered(std::size_t layer, const Viewer& viewer,
                                std::string_view key) const;

  std::vector<Layer> layers_;
  std::string hidden_;
};

}  // namespace edge::configuration
