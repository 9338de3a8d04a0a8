#include "edge/net/http2/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "edge/base/strings.h"
#include "edge/net/http2/session.h"

namespace edge::http2 {

Stream::Stream(Loop& loop, Session& session) noexcept
    : session_(&session),
      inbox_(loop, *this),
      head_waiter_(loop, *this),
      send_waiter_(loop, *this),
      moved_(loop.now()) {}

void Stream::give_back(std::size_t bytes) noexcept {
  if (session_ != nullptr) session_->give_back(*this, bytes);
}

Async<Status> Stream::wait_head(Ctx ctx) {
  head_waiter_.ctx = ctx;
  if (has_head_ || failure_ || ctx.cancelled()) return head_waiter_.finish();
  return head_waiter_;
}

Status Stream::HeadWaiter::finish() {
  if (stream.has_head_) return {};
  if (stream.failure_) return *stream.failure_;
  return ctx.check();
}

Status Stream::answer(int status, const HeaderList& fields, Follows follows) {
  if (failure_) return *failure_;
  if (sent_head_ || session_ == nullptr) {
    return Error{Code::kFailedPrecondition, "the stream has been answered"};
  }
  auto submitted = session_->submit_answer(*this, status, fields, follows);
  if (!submitted) return submitted;
  sent_head_ = true;
  if (follows == Follows::kNothing) state_ = Sending::kEnding;
  return submitted;
}

Async<Status> Stream::write(Ctx ctx, std::string_view bytes) {
  if (bytes.empty() && !failure_) return Status();
  return send(ctx, bytes);
}

Async<Status> Stream::end(Ctx ctx, std::string_view bytes, const HeaderList* trailers) {
  if (state_ == Sending::kOpen && sent_head_ && !failure_ && !ctx.cancelled()) {
    sending_trailers_ = trailers;
    state_ = Sending::kEnding;
    sending_ = bytes;
    session_->resume(*this);
    send_waiter_.ctx = ctx;
    return send_waiter_;
  }
  return send(ctx, bytes);
}

Async<Status> Stream::send(Ctx ctx, std::string_view bytes) {
  if (failure_) return Status(*failure_);
  if (ctx.cancelled()) return Status(ctx.error());
  if (!sent_head_ || state_ != Sending::kOpen || session_ == nullptr) {
    return Status(Error{Code::kFailedPrecondition, "the stream is not open for a body"});
  }
  sending_ = bytes;
  session_->resume(*this);
  send_waiter_.ctx = ctx;
  return send_waiter_;
}

bool Stream::send_waits() const noexcept {
  return !sending_.empty() || state_ == Sending::kEnding;
}

Status Stream::SendWaiter::finish() {
  if (!stream.send_waits()) return {};
  // The bytes, and the trailers, are their owner's: nothing of them is touched after this.
  stream.sending_ = {};
  stream.sending_trailers_ = nullptr;
  if (stream.failure_) return *stream.failure_;
  Error why = ctx.cancelled() ? ctx.error() : Error{Code::kInternal, "woken before all was sent"};
  stream.reset(Reason::kCancel);
  return why;
}

std::size_t Stream::take(char* to, std::size_t room) noexcept {
  const std::size_t size = std::min(room, sending_.size());
  if (size > 0) std::memcpy(to, sending_.data(), size);
  sending_.remove_prefix(size);
  if (sending_.empty() && state_ == Sending::kOpen) send_waiter_.wake();
  return size;
}

void Stream::body_end_sent() noexcept {
  state_ = Sending::kEnded;
  sent_end_ = true;
  sending_trailers_ = nullptr;
  send_waiter_.wake();
  if (session_->is_server()) refuse_rest();
}

void Stream::head_came() {
  head_.seal();
  has_head_ = true;
  const auto length = head_.headers.find("content-length");
  if (length) inbox_.expect(parse_unsigned(*length));
  head_waiter_.wake();
}

void Stream::end_came() noexcept {
  trailers_.seal();
  inbox_.end();
}

void Stream::fail(Error why) {
  if (failure_) return;
  failure_ = why;
  inbox_.fail(std::move(why));
  head_waiter_.wake();
  send_waiter_.wake();
  if (scope_ != nullptr && !sent_end_) scope_->cancel();
}

void Stream::closed(Error why) {
  session_ = nullptr;
  if (!inbox_.ended() || !sent_end_) fail(std::move(why));
}

void Stream::reset(Reason reason) noexcept {
  if (session_ != nullptr) session_->reset(*this, reason);
}

void Stream::cancels(CancelScope* scope) noexcept {
  scope_ = scope;
  if (scope_ != nullptr && failure_) scope_->cancel();
}

void Stream::release() noexcept {
  scope_ = nullptr;
  released_ = true;
  if (session_ == nullptr) return;
  inbox_.discard();
  if (session_->is_server()) {
    if (state_ == Sending::kOpen) reset(sent_head_ ? Reason::kInternalError : Reason::kCancel);
    refuse_rest();
  } else if (!sent_end_ || !inbox_.ended()) {
    reset(Reason::kCancel);
  }
}

// An answer that is out in full tells the client to send no more. Source: RFC 9113 §8.1.
void Stream::refuse_rest() noexcept {
  if (released_ && sent_end_ && !inbox_.ended()) reset(Reason::kNoError);
}

}  // namespace edge::http2
