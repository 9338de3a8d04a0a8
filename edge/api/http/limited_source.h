// A body that may not be longer than the API allows.
#pragma once

#include "edge/loop/byte_source.h"

namespace edge::api {

// Passes a source on until `limit` bytes went by; what is longer fails with kResourceExhausted.
class LimitedSource final : public ByteSource {
 public:
  LimitedSource(ByteSource& source, std::uint64_t limit) noexcept
      : source_(source), limit_(limit) {}

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return source_.length();
  }
  std::string_view take_ready() override;
  [[nodiscard]] bool finished() const noexcept override { return !exceeded_ && source_.finished(); }
  Task<Result<std::string_view>> read(Ctx ctx) override;

  [[nodiscard]] bool exceeded() const noexcept { return exceeded_; }

 private:
  std::string_view count(std::string_view piece) noexcept;

  ByteSource& source_;
  std::uint64_t limit_;
  std::uint64_t passed_ = 0;
  bool exceeded_ = false;
};

}  // namespace edge::api
