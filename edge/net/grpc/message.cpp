#include "edge/net/grpc/message.h"

namespace edge::grpc {
namespace {

std::size_t length_of(std::string_view prefix) noexcept {
  std::size_t length = 0;
  for (const char c : prefix.substr(1, 4)) length = length << 8 | static_cast<unsigned char>(c);
  return length;
}

}  // namespace

std::string framed(std::string_view message) {
  std::string bytes;
  bytes.reserve(kPrefixBytes + message.size());
  bytes += '\0';
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(message.size() >> shift & 0xff);
  }
  return bytes.append(message);
}

Result<std::optional<std::size_t>> MessageReader::size() const {
  if (bytes_.size() < kPrefixBytes) return std::optional<std::size_t>();
  const auto flags = static_cast<unsigned char>(bytes_[0]);
  if (flags == 1) {
    return Error{Code::kUnimplemented,
                 "grpc: the message is compressed; send it with grpc-encoding identity"};
  }
  if (flags != 0) {
    return Error{Code::kInternal,
                 "grpc: received unexpected payload format " + std::to_string(flags)};
  }
  const std::size_t length = length_of(bytes_);
  if (length > limit_) {
    return Error{Code::kResourceExhausted, "grpc: received message larger than max (" +
                                               std::to_string(length) + " vs. " +
                                               std::to_string(limit_) + ")"};
  }
  return std::optional<std::size_t>(length);
}

Task<Result<std::optional<std::string_view>>> MessageReader::next(Ctx ctx) {
  bytes_.erase(0, used_);
  used_ = 0;
  while (true) {
    auto length = size();
    if (!length) co_return length.error();
    if (*length && bytes_.size() >= kPrefixBytes + **length) {
      used_ = kPrefixBytes + **length;
      co_return std::string_view(bytes_).substr(kPrefixBytes, **length);
    }
    if (body_.finished()) break;
    auto piece = co_await body_.read(ctx);
    if (!piece) co_return piece.error();
    bytes_.append(*piece);
  }
  if (bytes_.empty()) co_return std::optional<std::string_view>();
  co_return Error{Code::kInternal, "grpc: the body ended within a message"};
}

Task<Result<std::string_view>> MessageReader::only(Ctx ctx) {
  std::size_t wanted = 0;  // bytes, once it is known
  while (true) {
    auto length = size();
    if (!length) co_return length.error();
    if (*length) wanted = kPrefixBytes + **length;
    if (wanted != 0 && bytes_.size() > wanted) {
      co_return Error{Code::kInternal, "grpc: more than one message in a call that takes one"};
    }
    if (body_.finished()) break;
    auto piece = co_await body_.read(ctx);
    if (!piece) co_return piece.error();
    bytes_.append(*piece);
  }
  if (wanted != 0 && bytes_.size() == wanted) {
    co_return std::string_view(bytes_).substr(kPrefixBytes);
  }
  co_return Error{Code::kInternal, bytes_.empty() ? "grpc: the call has no message"
                                                  : "grpc: the body ended within a message"};
}

}  // namespace edge::grpc
