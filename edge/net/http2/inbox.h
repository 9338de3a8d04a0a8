// Inbox: the body that a stream receives, given back to the sender's window as it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/base/result.h"
#include "edge/loop/byte_source.h"
#include "edge/loop/loop.h"

namespace edge::http2 {

class Inbox final : public ByteSource {
 public:
  // Told of bytes that need no more room.
  class Window {
   public:
    virtual void give_back(std::size_t bytes) noexcept = 0;

   protected:
    ~Window() = default;
  };

  Inbox(Loop& loop, Window& window) noexcept : window_(window), waiter_(loop) {}

  // What comes from the wire.
  void add(std::string_view piece);
  void expect(std::optional<std::uint64_t> length) noexcept { length_ = length; }
  void end() noexcept;
  // Not all of it will come. Changes nothing once it has ended.
  void fail(Error error);
  // Nobody reads it any more: what comes is dropped.
  void discard() noexcept;
  // Bytes that have come and not been given back.
  [[nodiscard]] std::size_t held() const noexcept { return came_.size() + taken_.size(); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override { return length_; }
  std::string_view take_ready() override;
  [[nodiscard]] bool finished() const noexcept override { return ended_ && came_.empty(); }
  Task<Result<std::string_view>> read(Ctx ctx) override;

 private:
  struct ReadWaiter final : Waiter {
    using Waiter::Waiter;
  };
  // The reader is through with the piece that it has.
  void release_taken() noexcept;

  Window& window_;
  ReadWaiter waiter_;
  std::string came_;   // and not taken
  std::string taken_;  // by the reader, who may still look at it
  std::optional<std::uint64_t> length_;
  std::optional<Error> failure_;
  bool ended_ = false;
  bool discarding_ = false;
};

}  // namespace edge::http2
