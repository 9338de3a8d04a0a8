#include "edge/net/http1/body_reader.h"

#include <algorithm>
#include <utility>

namespace edge::http1 {
namespace {

// Bodies from here on are read in large pieces.
constexpr std::uint64_t kBulk = std::uint64_t{16} * 1024;

}  // namespace

void BodyReader::start(ByteStream& stream, const Head& head) {
  stream_ = &stream;
  first_read_ = nullptr;
  framing_ = head.framing;
  length_ = left_ = head.framing == Framing::kLength ? head.content_length : 0;
  finished_ = framing_ == Framing::kNone;
  failure_.reset();
  taken_ = 0;
  chunked_.reset();
  if (framing_ == Framing::kChunked) chunked_ = std::make_unique<ChunkedDecoder>();
  if (left_ >= kBulk || framing_ == Framing::kUntilClose) stream_->expect_bulk();
}

std::optional<std::uint64_t> BodyReader::length() const noexcept {
  if (framing_ == Framing::kNone || framing_ == Framing::kLength) return length_;
  return std::nullopt;
}

void BodyReader::release() noexcept {
  if (taken_ > 0) stream_->consume(std::exchange(taken_, 0));
}

std::string_view BodyReader::take_ready() {
  release();
  if (finished_ || failure_) return {};
  const auto pending = stream_->pending();
  if (pending.empty()) return {};
  if (framing_ == Framing::kChunked) return take_chunked();
  if (framing_ == Framing::kLength) return take_length(pending);
  taken_ = pending.size();
  return pending;
}

std::string_view BodyReader::take_length(std::string_view pending) {
  taken_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, pending.size()));
  left_ -= taken_;
  finished_ = left_ == 0;
  return pending.substr(0, taken_);
}

std::string_view BodyReader::take_chunked() {
  const auto bytes = stream_->pending_bytes();
  auto decoded = chunked_->decode(bytes);
  if (!decoded) {
    failure_ = decoded.error();
    return {};
  }
  taken_ = decoded->consumed;
  finished_ = decoded->complete;
  return {bytes.data(), decoded->body};
}

Result<std::string_view> BodyReader::ended() {
  if (framing_ == Framing::kUntilClose) {
    finished_ = true;
    return std::string_view();
  }
  failure_ = Error{Code::kUnavailable, "unexpected EOF: the body was cut off"};
  return *failure_;
}

Task<Result<std::string_view>> BodyReader::read(Ctx ctx) {
  while (true) {
    const auto ready = take_ready();
    if (failure_) co_return *failure_;
    if (!ready.empty() || finished_) co_return ready;
    release();
    if (first_read_ != nullptr) {
      auto said = co_await std::exchange(first_read_, nullptr)->before_first_read(ctx);
      if (!said) co_return said.error();
      // Bytes may have come while it was said.
      continue;
    }
    auto filled = co_await stream_->fill(ctx);
    if (!filled) {
      // Nothing is lost by a wait that was given up.
      if (!ctx.cancelled()) failure_ = filled.error();
      co_return filled.error();
    }
    if (*filled == Fill::kEnd) co_return ended();
  }
}

}  // namespace edge::http1
