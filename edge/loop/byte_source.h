// ByteSource: a body that is read piece by piece, as fast as its reader wants it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge {

// One reader, on the loop's thread. A view that it gave is valid until the next call.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // All bytes of the body, where that is known before they are read.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const noexcept = 0;

  // What can be had without waiting; may be empty. Takes it.
  virtual std::string_view take_ready() = 0;
  // Whether everything has been taken, without an error.
  [[nodiscard]] virtual bool finished() const noexcept = 0;

  // The next piece; empty only at the end. Takes it.
  // Errors: kInvalidArgument (malformed), kUnavailable (cut off), kCancelled, kDeadlineExceeded.
  virtual Task<Result<std::string_view>> read(Ctx ctx) = 0;
};

// A body that is in memory already.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return text_.size();
  }
  std::string_view take_ready() override {
    return std::exchange(taken_, true) ? std::string_view() : text_;
  }
  [[nodiscard]] bool finished() const noexcept override { return taken_ || text_.empty(); }
  Task<Result<std::string_view>> read(Ctx) override { co_return take_ready(); }

 private:
  std::string_view text_;
  bool taken_ = false;
};

// The whole body. Errors: those of read(); kResourceExhausted "stream too large" past `limit`
// bytes.
Task<Result<std::string>> read_all(Ctx ctx, ByteSource* source, std::uint64_t limit);

}  // namespace edge
