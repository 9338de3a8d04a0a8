// How long a Session lets its peer take, and how it ends in good order.
#include <algorithm>

#include <nghttp2/nghttp2.h>

#include "edge/net/http2/session.h"

namespace edge::http2 {

void Session::arm_by(TimePoint when) noexcept {
  if (!armed() || this->when() > when) arm(when);
}

void Session::watch_streams() noexcept {
  arm_by(loop_.now() + std::min(limits_.stall_time, limits_.quiet_time) / 2);
}

void Session::expired() noexcept {
  const TimePoint now = loop_.now();
  if (!opened_ && now >= began_ + limits_.opening_time) {
    terminate(Reason::kSettingsTimeout, "the peer did not begin to speak HTTP/2 in time");
  }
  if (head_since_ && now >= *head_since_ + limits_.header_time) {
    terminate(Reason::kEnhanceYourCalm, "a header block did not come in time");
  }
  if (drain_until_ && now >= *drain_until_) finish_drain();
  if (opened_ && streams_.empty() && now >= idle_since_ + limits_.idle_time) {
    terminate(Reason::kNoError, "it was idle");
  }
  check_streams(now);
  check_quiet(now);
  const bool unheard = terminated_at_ && now >= *terminated_at_ + limits_.drain_time;
  if (unheard) wire_->close();
  if (unheard || closing_) return;
  arm(next_check(now));
}

void Session::check_streams(TimePoint now) noexcept {
  for (auto& [id, stream] : streams_) {
    if (!stream->send_waits() || now < stream->moved_ + limits_.stall_time) continue;
    stream->fail({Code::kDeadlineExceeded,
                  "the peer has taken nothing for " + format_duration(limits_.stall_time)});
    stream->reset(Reason::kCancel);
    stream->moved_ = now;
  }
}

void Session::check_quiet(TimePoint now) noexcept {
  if (streams_.empty()) return;
  if (asked_ && now >= *asked_ + limits_.stall_time) {
    terminate(Reason::kNoError, "the peer does not answer");
  } else if (!asked_ && now >= heard_ + limits_.quiet_time) {
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
    asked_ = now;
    want_write();
  }
}

TimePoint Session::next_check(TimePoint now) const noexcept {
  TimePoint next = TimePoint::max();
  const auto by = [&next](TimePoint when) { next = std::min(next, when); };
  if (!opened_) by(began_ + limits_.opening_time);
  if (head_since_) by(*head_since_ + limits_.header_time);
  if (drain_until_) by(*drain_until_);
  if (terminated_at_) by(*terminated_at_ + limits_.drain_time);
  if (streams_.empty()) {
    by(idle_since_ + limits_.idle_time);
  } else {
    by(now + std::min(limits_.stall_time, limits_.quiet_time) / 2);
  }
  return std::max(next, now + std::chrono::milliseconds(1));
}

// First told that it ends, then, after a round trip, which streams are still served: those that
// were on their way are not lost. Source: RFC 9113 §6.8.
void Session::drain() noexcept {
  if (drain_until_ || going_ || closing_) return;
  drain_until_ = loop_.now();
  if (!is_server()) return finish_drain();
  nghttp2_submit_shutdown_notice(session_.get());
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  *drain_until_ += limits_.drain_time;
  arm_by(*drain_until_);
  want_write();
}

void Session::finish_drain() noexcept {
  if (!drain_until_ || going_) return;
  going_ = true;
  drain_until_.reset();
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  want_write();
}

}  // namespace edge::http2
