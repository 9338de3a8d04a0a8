#include "edge/net/http1/chunked.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

// Framing that may come with a body: a sender of extensions or trailers without end is cut off.
constexpr std::uint64_t kFreeOverhead = std::uint64_t{64} * 1024;
constexpr std::uint64_t kOverheadPerByte = 8;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

Error malformed(std::string_view what) {
  return {Code::kInvalidArgument, "malformed chunked body: " + std::string(what)};
}

}  // namespace

bool ChunkedDecoder::go(State next) noexcept {
  state_ = next;
  return true;
}

bool ChunkedDecoder::add_digit(char c) noexcept {
  const int digit = hex_digit(c);
  if (digit < 0 || left_ >> 60 != 0) return false;
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  return go(State::kSize);
}

bool ChunkedDecoder::step(char c) noexcept {
  switch (state_) {
    case State::kSizeStart:
      return add_digit(c);
    case State::kSize:
      if (c == ';') return go(State::kExtension);
      return c == '\r' ? go(State::kSizeFeed) : add_digit(c);
    case State::kExtension:
      return c == '\r' ? go(State::kSizeFeed) : is_text(c);
    case State::kSizeFeed:
      return c == '\n' && go(left_ > 0 ? State::kData : State::kLineStart);
    case State::kDataReturn:
      return c == '\r' && go(State::kDataFeed);
    case State::kDataFeed:
      return c == '\n' && go(State::kSizeStart);
    case State::kLineStart:
      return c == '\r' ? go(State::kEndFeed) : is_token(c) && go(State::kName);
    case State::kName:
      return c == ':' ? go(State::kValue) : is_token(c);
    case State::kValue:
      return c == '\r' ? go(State::kLineFeed) : is_text(c);
    case State::kLineFeed:
      return c == '\n' && go(State::kLineStart);
    case State::kEndFeed:
      return c == '\n' && go(State::kDone);
    case State::kData:
    case State::kDone:
      break;
  }
  return false;
}

Result<ChunkedDecoder::Decoded> ChunkedDecoder::decode(std::span<char> input) {
  char* front = input.data();
  const char* at = input.data();
  const char* const end = at + input.size();
  while (at != end && state_ != State::kDone) {
    if (state_ != State::kData) {
      if (!step(*at++)) return malformed("bad chunk size, line end or trailer");
      continue;
    }
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at)));
    if (front != at) std::memmove(front, at, size);
    front += size;
    at += size;
    left_ -= size;
    if (left_ == 0) state_ = State::kDataReturn;
  }
  Decoded decoded;
  decoded.body = static_cast<std::size_t>(front - input.data());
  decoded.consumed = static_cast<std::size_t>(at - input.data());
  decoded.complete = state_ == State::kDone;
  overhead_ += decoded.consumed - decoded.body;
  body_ += decoded.body;
  if (overhead_ > kFreeOverhead + kOverheadPerByte * body_) {
    return malformed("far more framing than body; send larger chunks");
  }
  return decoded;
}

}  // namespace edge::http1
