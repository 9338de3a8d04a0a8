// Decodes a chunked body in place. Source: RFC 9112 §7.1; llhttp in strict mode.
#pragma once

#include <cstdint>
#include <span>

#include <llhttp.h>

#include "edge/base/result.h"

namespace edge::http1 {

class ChunkedDecoder {
 public:
  ChunkedDecoder();
  ChunkedDecoder(const ChunkedDecoder&) = delete;
  ChunkedDecoder& operator=(const ChunkedDecoder&) = delete;

  struct Decoded {
    std::size_t body = 0;      // bytes of body, moved to the front of the input
    std::size_t consumed = 0;  // bytes of input that belong to this message
    bool complete = false;     // the last chunk and its trailers are through
  };
  // Trailers are accepted and dropped.
  // Errors: kInvalidArgument where the bytes are no chunks, or hold far more framing than body.
  Result<Decoded> decode(std::span<char> input);

 private:
  static int on_body(llhttp_t* state, const char* at, std::size_t size);

  llhttp_t state_{};
  char* front_ = nullptr;
  std::uint64_t overhead_ = 0;
  std::uint64_t body_ = 0;
};

}  // namespace edge::http1
