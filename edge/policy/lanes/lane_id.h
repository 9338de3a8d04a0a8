// LaneId: the name of a lane, held in place: copying it costs no memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace edge::policy {

class LaneId {
 public:
  static constexpr std::size_t kLongest = 16;

  // The baseline.
  constexpr LaneId() noexcept = default;
  // A lower-case letter, then at most 15 of a-z, 0-9 and '-'; "base" is the baseline. Nothing
  // where the text is no lane's name.
  static std::optional<LaneId> parse(std::string_view text) noexcept;

  [[nodiscard]] bool is_base() const noexcept { return size_ == 0; }
  // "base" for the baseline; lives as long as this.
  [[nodiscard]] std::string_view view() const noexcept {
    return size_ == 0 ? std::string_view("base") : std::string_view(text_.data(), size_);
  }
  bool operator==(const LaneId&) const noexcept = default;

 private:
  std::array<char, kLongest> text_{};  // zeros after the name
  std::uint8_t size_ = 0;              // 0: the baseline
};

}  // namespace edge::policy
