#include "edge/net/http1/chunked.h"

#include <cstring>
#include <string>
#include <string_view>

namespace edge::http1 {
namespace {

constexpr std::string_view kHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
// Framing that may come with a body: a sender of extensions or trailers without end is cut off.
constexpr std::uint64_t kFreeOverhead = std::uint64_t{64} * 1024;
constexpr std::uint64_t kOverheadPerByte = 8;

}  // namespace

ChunkedDecoder::ChunkedDecoder() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_body = on_body;
    made.on_message_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    return made;
  }();
  llhttp_init(&state_, HTTP_REQUEST, &settings);
  state_.data = this;
  llhttp_execute(&state_, kHead.data(), kHead.size());
}

int ChunkedDecoder::on_body(llhttp_t* state, const char* at, std::size_t size) {
  auto* self = static_cast<ChunkedDecoder*>(state->data);
  if (self->front_ != at) std::memmove(self->front_, at, size);
  self->front_ += size;
  return 0;
}

Result<ChunkedDecoder::Decoded> ChunkedDecoder::decode(std::span<char> input) {
  front_ = input.data();
  const auto result = llhttp_execute(&state_, input.data(), input.size());
  Decoded decoded;
  decoded.complete = result == HPE_PAUSED;
  if (!decoded.complete && result != HPE_OK) {
    const char* reason = llhttp_get_error_reason(&state_);
    return Error{Code::kInvalidArgument,
                 std::string("malformed chunked body: ") +
                     (reason != nullptr ? reason : llhttp_errno_name(result))};
  }
  decoded.body = static_cast<std::size_t>(front_ - input.data());
  decoded.consumed = decoded.complete
                         ? static_cast<std::size_t>(llhttp_get_error_pos(&state_) - input.data())
                         : input.size();
  overhead_ += decoded.consumed - decoded.body;
  body_ += decoded.body;
  if (overhead_ > kFreeOverhead + kOverheadPerByte * body_) {
    return Error{Code::kInvalidArgument,
                 "malformed chunked body: far more framing than body; send larger chunks"};
  }
  return decoded;
}

}  // namespace edge::http1
