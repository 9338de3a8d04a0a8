// gRPC messages in an HTTP/2 body: one byte of flags, four of length, then the message.
// Source: gRPC over HTTP/2, "Length-Prefixed-Message".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "edge/loop/byte_source.h"

namespace edge::grpc {

inline constexpr std::size_t kPrefixBytes = 5;
inline constexpr std::size_t kMessageLimit = std::size_t{4} * 1024 * 1024;

// `message` with its prefix, uncompressed.
std::string framed(std::string_view message);

// Reads one message after the other. The source outlives it.
class MessageReader {
 public:
  explicit MessageReader(ByteSource& body, std::size_t limit = kMessageLimit) noexcept
      : body_(body), limit_(limit) {}

  // The next message; nothing at the end of the body. Valid until the next call.
  // Errors: those of the body; kResourceExhausted (over the limit), kUnimplemented (compressed),
  // kInternal (cut off within a message, or a flag that is not known).
  Task<Result<std::optional<std::string_view>>> next(Ctx ctx);
  // The only message, in place of next(). Errors: those of next(); kInternal where there is none,
  // or more than one.
  Task<Result<std::string_view>> only(Ctx ctx);

 private:
  // The size of the message that stands first; nothing where its prefix is not there yet.
  [[nodiscard]] Result<std::optional<std::size_t>> size() const;

  ByteSource& body_;
  std::size_t limit_;
  std::string bytes_;     // come and not given out
  std::size_t used_ = 0;  // of them, by the last message
};

}  // namespace edge::grpc
