// A body of any length that is never in memory as a whole, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/loop/byte_source.h"

namespace edge::http1::test {

// Letter number `at` of the pattern.
inline char pattern_at(std::uint64_t at) {
  return static_cast<char>('a' + at % 23);
}

class PatternSource final : public ByteSource {
 public:
  enum class Length { kKnown, kUnknown };

  PatternSource(std::uint64_t size, Length known) : size_(size), known_(known) {
    for (std::uint64_t at = 0; at < 23 + kPiece; ++at) letters_ += pattern_at(at);
  }

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    if (known_ == Length::kKnown) return size_;
    return std::nullopt;
  }
  std::string_view take_ready() override { return {}; }
  [[nodiscard]] bool finished() const noexcept override { return taken_ == size_; }
  Task<Result<std::string_view>> read(Ctx ctx) override {
    if (ctx.cancelled()) co_return ctx.error();
    if (taken_ >= fails_at_) co_return Error{Code::kUnavailable, "the source broke"};
    const auto size = std::min<std::uint64_t>(kPiece, size_ - taken_);
    const std::string_view piece = std::string_view(letters_).substr(taken_ % 23, size);
    taken_ += size;
    co_return piece;
  }

  // From that byte on it fails.
  void fail_at(std::uint64_t at) noexcept { fails_at_ = at; }
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

 private:
  static constexpr std::uint64_t kPiece = std::uint64_t{64} * 1024;
  std::uint64_t size_;
  Length known_;
  std::uint64_t taken_ = 0;
  std::uint64_t fails_at_ = UINT64_MAX;
  std::string letters_;
};

// Checks pieces against the pattern as they come.
class PatternCheck {
 public:
  PatternCheck() {
    for (std::uint64_t at = 0; at < 23 + kStep; ++at) letters_ += pattern_at(at);
  }
  void add(std::string_view piece) {
    while (!piece.empty()) {
      const auto part = piece.substr(0, kStep);
      if (part != std::string_view(letters_).substr(seen_ % 23, part.size())) ++wrong_;
      seen_ += part.size();
      piece.remove_prefix(part.size());
    }
  }
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  // Pieces that were not as they had to be.
  [[nodiscard]] std::uint64_t wrong() const noexcept { return wrong_; }

 private:
  static constexpr std::uint64_t kStep = 4096;
  std::uint64_t seen_ = 0;
  std::uint64_t wrong_ = 0;
  std::string letters_;
};

}  // namespace edge::http1::test
