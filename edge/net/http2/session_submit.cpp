// What a Session's streams send: heads of requests and answers.
#include <array>
#include <charconv>

#include <nghttp2/nghttp2.h>

#include "edge/net/http2/session.h"
#include "edge/net/http2/session_events.h"
#include "edge/net/http2/session_fields.h"

namespace edge::http2 {
namespace {

const std::uint8_t* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

nghttp2_data_provider body_of(Stream& stream) noexcept {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = Events::body;
  return provider;
}

Error not_submitted(std::int32_t code) {
  return {Code::kUnavailable, std::string("the HTTP/2 connection takes no stream: ") +
                                  nghttp2_strerror(static_cast<int>(code))};
}

}  // namespace

Status check_fields(const HeaderList& list) {
  for (const Header& header : list) {
    const bool name = nghttp2_check_header_name(bytes(header.name), header.name.size()) != 0;
    const bool value =
        nghttp2_check_header_value_rfc9113(bytes(header.value), header.value.size()) != 0;
    if (name && value) continue;
    return Error{Code::kInvalidArgument, "header \"" + std::string(header.name) + "\" has a " +
                                             (name ? "value" : "name") +
                                             " that HTTP/2 cannot carry"};
  }
  return {};
}

Status Session::submit_answer(Stream& stream, int status, const HeaderList& fields,
                              Follows follows) {
  auto checked = check_fields(fields);
  if (!checked) return checked;
  std::array<char, 12> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), status).ptr;
  Fields head;
  head.add(":status", {digits.data(), static_cast<std::size_t>(end - digits.data())});
  head.add(fields);
  const auto provider = body_of(stream);
  const int code = nghttp2_submit_response(session_.get(), stream.id_, head.data(), head.size(),
                                           follows == Follows::kBody ? &provider : nullptr);
  if (code != 0) return not_submitted(code);
  want_write();
  return {};
}

Result<StreamPtr> Session::open(const RequestHead& request, Follows follows) {
  if (going_ || closing_) {
    return Error{Code::kUnavailable, "the HTTP/2 connection takes no more streams"};
  }
  Fields head;
  head.add(":method", request.method);
  head.add(":scheme", request.scheme);
  head.add(":authority", request.authority);
  head.add(":path", request.path);
  if (request.fields != nullptr) {
    auto checked = check_fields(*request.fields);
    if (!checked) return checked.error();
    head.add(*request.fields);
  }
  auto stream = std::make_shared<Stream>(loop_, *this);
  const auto provider = body_of(*stream);
  const std::int32_t id =
      nghttp2_submit_request(session_.get(), nullptr, head.data(), head.size(),
                             follows == Follows::kBody ? &provider : nullptr, stream.get());
  if (id < 0) return not_submitted(id);
  stream->id_ = id;
  stream->sent_head_ = true;
  if (follows == Follows::kNothing) stream->state_ = Stream::Sending::kEnding;
  streams_.emplace(id, stream);
  watch_streams();
  want_write();
  return stream;
}

}  // namespace edge::http2
