#include "edge/net/http2/session_events.h"

#include <algorithm>

#include "edge/net/http2/session.h"
#include "edge/net/http2/session_fields.h"

namespace edge::http2 {
namespace {

// What a frame that moves something gives back of the allowance for those that do not.
constexpr std::uint32_t kUseful = 4;

Session& session_of(void* user) noexcept {
  return *static_cast<Session*>(user);
}

Stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view text(nghttp2_rcbuf* buffer) noexcept {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

bool ends_stream(const nghttp2_frame_hd& head) noexcept {
  return (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

bool is_idle_frame(const nghttp2_frame_hd& head) noexcept {
  switch (head.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PRIORITY_UPDATE:
    case NGHTTP2_WINDOW_UPDATE:
      return true;
    case NGHTTP2_DATA:
      return head.length == 0 && !ends_stream(head);
    default:
      return false;
  }
}

// What a reset tells whoever waits. Source: gRPC over HTTP/2, "HTTP2 Transport Mapping, Errors".
Error reset_error(std::uint32_t code) {
  Code as = Code::kInternal;
  if (code == NGHTTP2_REFUSED_STREAM) as = Code::kUnavailable;
  if (code == NGHTTP2_CANCEL) as = Code::kCancelled;
  if (code == NGHTTP2_ENHANCE_YOUR_CALM) as = Code::kResourceExhausted;
  if (code == NGHTTP2_INADEQUATE_SECURITY) as = Code::kPermissionDenied;
  return {as, std::string("the HTTP/2 stream was reset: ") + nghttp2_http2_strerror(code)};
}

}  // namespace

void Session::charge() noexcept {
  if (idle_frames_.take(loop_.now())) return;
  terminate(Reason::kEnhanceYourCalm, "too many frames that move nothing");
}

void Session::add_stream(std::int32_t id) {
  const std::size_t taken = std::max(streams_.size(), arrived_.size());
  if (going_ || !owner_.takes_stream() || taken >= limits_.streams) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  auto stream = std::make_shared<Stream>(loop_, *this);
  stream->id_ = id;
  nghttp2_session_set_stream_user_data(session_.get(), id, stream.get());
  streams_.emplace(id, std::move(stream));
  watch_streams();
}

void Session::head_ended(Stream& stream) {
  const Head& head = stream.has_head_ ? stream.trailers_ : stream.head_;
  if (!is_server() && head.too_large()) {
    const std::string what = stream.has_head_ ? "trailers are" : "head is";
    stream.fail({Code::kResourceExhausted, "the answer's " + what + " larger than " +
                                               std::to_string(limits_.header_bytes) + " bytes"});
    stream.reset(Reason::kCancel);
    return;
  }
  if (stream.has_head_) return;
  stream.head_.seal();
  const bool interim = !is_server() && stream.head_.status < 200;
  if (interim) return stream.head_.clear();
  stream.head_came();
  if (is_server()) arrived_.push_back(streams_[stream.id_]);
}

void Session::erase(Stream& stream, std::uint32_t code) {
  const auto found = streams_.find(stream.id_);
  if (found == streams_.end()) return;
  const StreamPtr kept = std::move(found->second);
  streams_.erase(found);
  nghttp2_session_consume_connection(session_.get(), kept->inbox_.held());
  kept->unprocessed_ = code == NGHTTP2_REFUSED_STREAM;
  kept->closed(reset_error(code));
  changed_ = true;
  if (streams_.empty()) idle_since_ = loop_.now();
}

int Events::begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) noexcept {
  Session& session = session_of(user);
  if (is_idle_frame(*head)) session.charge();
  return session.terminated_at_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

int Events::begin_head(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
  Session& session = session_of(user);
  session.head_since_ = session.loop_.now();
  const bool request = frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  if (session.is_server() && request) session.add_stream(frame->hd.stream_id);
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
int Events::field(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                  nghttp2_rcbuf* value, std::uint8_t, void* user) noexcept {
  Stream* stream = stream_of(library, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  Head& head = stream->has_head_ ? stream->trailers_ : stream->head_;
  head.add(text(name), text(value), session_of(user).limits_.header_bytes);
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
int Events::data(nghttp2_session* library, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                 std::size_t size, void* user) noexcept {
  Session& session = session_of(user);
  session.idle_frames_.give(kUseful);
  Stream* stream = stream_of(library, id);
  if (stream == nullptr) {
    nghttp2_session_consume(library, id, size);
    return 0;
  }
  stream->inbox_.add({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

int Events::received(nghttp2_session* library, const nghttp2_frame* frame, void* user) noexcept {
  Session& session = session_of(user);
  const bool acknowledges = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
  if (frame->hd.type == NGHTTP2_SETTINGS && !acknowledges)
    session.opened_ = session.changed_ = true;
  // A client's only tells that it takes no pushed streams.
  if (frame->hd.type == NGHTTP2_GOAWAY && !session.is_server()) {
    session.going_ = session.changed_ = true;
  }
  if (frame->hd.type == NGHTTP2_PING && acknowledges) session.finish_drain();
  if (frame->hd.type == NGHTTP2_HEADERS) session.head_since_.reset();
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  Stream* stream = stream_of(library, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS) session.head_ended(*stream);
  if (ends_stream(frame->hd) && !stream->failure_) stream->end_came();
  return 0;
}

int Events::sent(nghttp2_session* library, const nghttp2_frame* frame, void* user) noexcept {
  Session& session = session_of(user);
  const auto type = frame->hd.type;
  if (type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
      session.is_server()) {
    session.charge();
  }
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
  session.idle_frames_.give(kUseful);
  Stream* stream = stream_of(library, frame->hd.stream_id);
  if (stream != nullptr && ends_stream(frame->hd)) stream->body_end_sent();
  return 0;
}

int Events::closed(nghttp2_session* library, std::int32_t id, std::uint32_t code,
                   void* user) noexcept {
  Stream* stream = stream_of(library, id);
  if (stream != nullptr) session_of(user).erase(*stream, code);
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
ssize_t Events::body(nghttp2_session* library, std::int32_t id, std::uint8_t* to, std::size_t room,
                     std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept {
  auto& stream = *static_cast<Stream*>(source->ptr);
  const bool ending = stream.state_ == Stream::Sending::kEnding;
  if (stream.sending_.empty() && !ending) return NGHTTP2_ERR_DEFERRED;
  stream.moved_ = session_of(user).loop_.now();
  const std::size_t size = stream.take(reinterpret_cast<char*>(to), room);
  if (!ending || !stream.sending_.empty()) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (stream.sending_trailers_ == nullptr) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  Fields fields(*stream.sending_trailers_);
  if (nghttp2_submit_trailer(library, id, fields.data(), fields.size()) != 0) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return static_cast<ssize_t>(size);
}

void Events::set(nghttp2_session_callbacks* callbacks) noexcept {
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_head);
  nghttp2_session_callbacks_set_on_header_callback2(callbacks, field);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, closed);
}

}  // namespace edge::http2
