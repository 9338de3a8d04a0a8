// Decodes a chunked body in place. Source: RFC 9112 §7.1; every line must end in CRLF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "edge/base/result.h"

namespace edge::http1 {

class ChunkedDecoder {
 public:
  struct Decoded {
    std::size_t body = 0;      // bytes of body, moved to the front of the input
    std::size_t consumed = 0;  // bytes of input that belong to this message
    bool complete = false;     // the last chunk and its trailers are through
  };
  // Extensions and trailers are accepted and dropped.
  // Errors: kInvalidArgument where the bytes are no chunks, or hold far more framing than body.
  Result<Decoded> decode(std::span<char> input);

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kExtension,
    kSizeFeed,
    kData,
    kDataReturn,
    kDataFeed,
    kLineStart,  // of the trailers
    kName,
    kValue,
    kLineFeed,
    kEndFeed,
    kDone
  };

  // Takes one byte of framing; false where it cannot stand there.
  bool step(char c) noexcept;
  bool add_digit(char c) noexcept;
  bool go(State next) noexcept;

  State state_ = State::kSizeStart;
  std::uint64_t left_ = 0;  // of the chunk
  std::uint64_t overhead_ = 0;
  std::uint64_t body_ = 0;
};

}  // namespace edge::http1
