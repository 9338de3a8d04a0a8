// gRPC messages in an HTTP/2 body: one byte of flags, four of length, then the message.
// Source: gRPC over HTTP/2, "Length-Prefixed-Message".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "edge/base/header_list.h"
#include "edge/loop/byte_source.h"
#include "edge/net/grpc/message_budget.h"

namespace edge::grpc {

inline constexpr std::size_t kPrefixBytes = 5;
inline constexpr std::size_t kMessageLimit = std::size_t{4} * 1024 * 1024;

// What stands before `message`, uncompressed.
std::string prefix_of(std::string_view message);
// `message` with its prefix, uncompressed.
std::string framed(std::string_view message);

// How messages may be compressed that are sent to us, as grpc-accept-encoding tells it.
inline constexpr std::string_view kAcceptedEncodings = "identity,gzip";

// Reads one message after the other. The source outlives it, and so do the fields of the head that
// it came with, where messages may be compressed, and the budget, which bounds what all readers
// hold together.
class MessageReader {
 public:
  explicit MessageReader(ByteSource& body, std::size_t limit = kMessageLimit,
                         const HeaderList* fields = nullptr,
                         MessageBudget* budget = nullptr) noexcept
      : body_(body), limit_(limit), fields_(fields), hold_(budget) {}

  // The next message; nothing at the end of the body. Valid until the next call.
  // Errors: those of the body; kResourceExhausted (over the limit, compressed or not, or over the
  // budget),
  // kUnimplemented (compressed in a way that is not known), kInternal (cut off within a message,
  // damaged, or a flag that is not known).
  Task<Result<std::optional<std::string_view>>> next(Ctx ctx);
  // The only message, in place of next(). Errors: those of next(); kInternal where there is none,
  // or more than one.
  Task<Result<std::string_view>> only(Ctx ctx);
  // The last message is needed no more, and is not valid any longer; it still counts, as what was
  // made of it is there.
  void drop() noexcept;

 private:
  // The size of the message that stands first; nothing where its prefix is not there yet.
  [[nodiscard]] Result<std::optional<std::size_t>> size() const;
  // Whether it says in a way that we know how it is compressed.
  [[nodiscard]] Status check_encoding() const;
  // The message that stands first, of `length` bytes.
  Result<std::string_view> take(std::size_t length);
  Status add(std::string_view piece);
  void give_back_used() noexcept;

  ByteSource& body_;
  std::size_t limit_;
  const HeaderList* fields_;
  std::string bytes_;     // come and not given out
  std::size_t used_ = 0;  // of them, by the last message
  std::string plain_;     // the last message, where it came compressed
  MessageBudget::Hold hold_;
};

}  // namespace edge::grpc
