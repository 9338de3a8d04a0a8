// Overlay: what a lane sees of layers that lie on top of each other, key by key.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "components/replica/values.h"

namespace edge::configuration {

// kByLane: its keys are "LANE/KEY", and a lane sees its own.
enum class LayerKind : std::uint8_t { kForAll, kByLane };

struct Layer {
  const replica::Values* values;  // outlives the overlay
  LayerKind kind = LayerKind::kForAll;
};

// Values stay those of the layers: valid until these change. `lane`: "" for the baseline.
class Overlay {
 public:
  // The lowest first.
  explicit Overlay(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  // nullptr where no layer has it.
  [[nodiscard]] const replica::Value* find(std::string_view lane, std::string_view key) const {
    return find_below(layers_.size(), lane, key);
  }

  using Seen = std::map<std::string, const replica::Value*, std::less<>>;
  [[nodiscard]] Seen all(std::string_view lane) const;
  // The keys that this lane sees otherwise since that layer has changed; nullptr: no more at all.
  [[nodiscard]] Seen changed(std::size_t layer, std::string_view lane,
                             const replica::Differences& differences) const;

 private:
  [[nodiscard]] const replica::Value* find_in(std::size_t layer, std::string_view lane,
                                              std::string_view key) const;
  [[nodiscard]] const replica::Value* find_below(std::size_t layer, std::string_view lane,
                                                 std::string_view key) const;
  [[nodiscard]] bool is_covered(std::size_t layer, std::string_view lane,
                                std::string_view key) const;
  // The lane's name for a layer's key; "" where it sees none of it.
  [[nodiscard]] std::string_view key_in(std::size_t layer, std::string_view lane,
                                        std::string_view key) const;

  std::vector<Layer> layers_;
};

}  // namespace edge::configuration
