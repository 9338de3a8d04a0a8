#include "edge/net/grpc/message.h"

#include <utility>

#include "edge/net/grpc/gzip.h"

namespace edge::grpc {
namespace {

std::size_t length_of(std::string_view prefix) noexcept {
  std::size_t length = 0;
  for (const char c : prefix.substr(1, 4)) length = length << 8 | static_cast<unsigned char>(c);
  return length;
}

}  // namespace

std::string prefix_of(std::string_view message) {
  std::string bytes(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(message.size() >> shift & 0xff);
  }
  return bytes;
}

std::string framed(std::string_view message) {
  std::string bytes;
  bytes.reserve(kPrefixBytes + message.size());
  return bytes.append(prefix_of(message)).append(message);
}

Result<std::optional<std::size_t>> MessageReader::size() const {
  if (bytes_.size() < kPrefixBytes) return std::optional<std::size_t>();
  const auto flags = static_cast<unsigned char>(bytes_[0]);
  if (flags > 1) {
    return Error{Code::kInternal,
                 "grpc: received unexpected payload format " + std::to_string(flags)};
  }
  if (flags == 1) {
    if (auto known = check_encoding(); !known) return known.error();
  }
  const std::size_t length = length_of(bytes_);
  if (length > limit_) {
    return Error{Code::kResourceExhausted, "grpc: received message larger than max (" +
                                               std::to_string(length) + " vs. " +
                                               std::to_string(limit_) + ")"};
  }
  return std::optional<std::size_t>(length);
}

Status MessageReader::check_encoding() const {
  std::string_view encoding;
  if (fields_ != nullptr) encoding = fields_->find("grpc-encoding").value_or("");
  if (encoding == "gzip") return {};
  if (encoding.empty() || encoding == "identity") {
    return Error{Code::kInternal, "grpc: compressed flag set with identity or empty encoding"};
  }
  return Error{Code::kUnimplemented, "grpc: Decompressor is not installed for grpc-encoding \"" +
                                         std::string(encoding) + "\"; use gzip, or none"};
}

Result<std::string_view> MessageReader::take(std::size_t length) {
  used_ = kPrefixBytes + length;
  const auto message = std::string_view(bytes_).substr(kPrefixBytes, length);
  if (bytes_[0] == 0) return message;
  auto unpacked = gunzip(message, limit_);
  if (!unpacked) return unpacked.error();
  give_back_used();
  if (auto held = hold_.resize(bytes_.size() + unpacked->size()); !held) return held.error();
  plain_ = std::move(*unpacked);
  return std::string_view(plain_);
}

void MessageReader::give_back_used() noexcept {
  bytes_.erase(0, std::exchange(used_, 0));
  if (bytes_.capacity() / 2 > bytes_.size() + MessageBudget::kSmall) bytes_.shrink_to_fit();
}

Status MessageReader::add(std::string_view piece) {
  if (auto held = hold_.resize(bytes_.size() + piece.size()); !held) return held;
  bytes_.append(piece);
  return {};
}

void MessageReader::drop() noexcept {
  std::string().swap(plain_);
  give_back_used();
}

Task<Result<std::optional<std::string_view>>> MessageReader::next(Ctx ctx) {
  drop();
  if (auto held = hold_.resize(bytes_.size()); !held) co_return held.error();
  while (true) {
    auto length = size();
    if (!length) co_return length.error();
    if (*length && bytes_.size() >= kPrefixBytes + **length) {
      auto message = take(**length);
      if (!message) co_return message.error();
      co_return *message;
    }
    if (body_.finished()) break;
    auto piece = co_await body_.read(ctx);
    if (!piece) co_return piece.error();
    if (auto held = add(*piece); !held) co_return held.error();
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
    if (auto held = add(*piece); !held) co_return held.error();
  }
  if (wanted != 0 && bytes_.size() == wanted) co_return take(wanted - kPrefixBytes);
  co_return Error{Code::kInternal, bytes_.empty() ? "grpc: the call has no message"
                                                  : "grpc: the body ended within a message"};
}

}  // namespace edge::grpc
