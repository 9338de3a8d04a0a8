// ByteStream: a connected pair of byte channels (TCP, Unix socket, TLS over either).
//
// One reader and one writer at a time, on the loop's thread. Reading goes on in the background up
// to one buffer, so a peer that hangs up is noticed while nobody waits; what is not consumed stops
// the peer. Dropping a stream closes it; not legal while a fill or write is pending.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "edge/loop/async.h"
#include "edge/loop/buffer.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge {

enum class Fill { kMore, kEnd };

// Told when the peer ends or resets a connection; may only schedule, cancel or note.
class EndObserver {
 public:
  virtual void stream_ended() noexcept = 0;

 protected:
  ~EndObserver() = default;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // What has been read and not consumed. Valid until consume, fill or reserve.
  [[nodiscard]] std::string_view pending() const noexcept { return in_.view(); }
  // The same bytes, for a reader that decodes them in place.
  [[nodiscard]] std::span<char> pending_bytes() noexcept { return in_.bytes(); }
  virtual void consume(std::size_t bytes) noexcept = 0;

  // Waits until pending() holds more than it did, or the peer has ended its side.
  // Errors: kUnavailable (reset), kResourceExhausted (the buffer is full: consume or reserve),
  // kCancelled, kDeadlineExceeded.
  virtual Async<Result<Fill>> fill(Ctx ctx) = 0;

  // Writes all parts (at most kMaxParts). They stay valid until it is done. When cancelled in the
  // middle the stream is closed: half a message cannot be taken back.
  // Errors: kUnavailable (reset, broken pipe), kCancelled, kDeadlineExceeded.
  virtual Async<Status> write(Ctx ctx, std::span<const std::string_view> parts) = 0;

  // Ends our side; the peer reads an end of file after what was written.
  virtual Task<Status> shutdown_write(Ctx ctx) = 0;

  // Drops the connection now. A pending operation finishes with kCancelled.
  virtual void close() noexcept = 0;

  // True once the peer has ended or reset the connection, whatever is still pending().
  [[nodiscard]] virtual bool ended() const noexcept = 0;

  // `observer` is told once, on the loop, when the peer ends or resets while it is set; nullptr
  // takes it back.
  void on_ended(EndObserver* observer) noexcept { ended_observer_ = observer; }

  // Long bodies read in larger pieces.
  void expect_bulk() noexcept { in_.expect_bulk(); }
  // Lets pending() grow to `bytes`. Moves it.
  void reserve(std::size_t bytes) { in_.reserve(bytes); }

  static constexpr std::size_t kMaxParts = 8;

 protected:
  explicit ByteStream(BufferPool& pool) noexcept : in_(pool) {}
  void notify_ended() {
    EndObserver* observer = std::exchange(ended_observer_, nullptr);
    if (observer != nullptr) observer->stream_ended();
  }

  InputBuffer in_;

 private:
  EndObserver* ended_observer_ = nullptr;
};

}  // namespace edge
