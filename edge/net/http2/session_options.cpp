// How a Session sets the protocol library up: its limits, and the settings that it tells.
#include <array>
#include <memory>
#include <new>

#include <nghttp2/nghttp2.h>

#include "edge/net/http2/session.h"
#include "edge/net/http2/session_events.h"

namespace edge::http2 {
namespace {

struct OptionDeleter {
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
};
using OptionPtr = std::unique_ptr<nghttp2_option, OptionDeleter>;
using CallbacksPtr = std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter>;

OptionPtr options(const Limits& limits) {
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) throw std::bad_alloc();
  OptionPtr owned(option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_continuations(option, limits.continuations);
  nghttp2_option_set_max_outbound_ack(option, limits.unsent_acks);
  nghttp2_option_set_stream_reset_rate_limit(option, limits.resets, limits.resets_per_second);
  return owned;
}

CallbacksPtr callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  CallbacksPtr owned(made);
  Events::set(made);
  return owned;
}

}  // namespace

void Session::Deleter::operator()(nghttp2_session* session) const noexcept {
  nghttp2_session_del(session);
}

void Session::create() {
  const OptionPtr option = options(limits_);
  const CallbacksPtr events = callbacks();
  nghttp2_session* made = nullptr;
  const auto make = is_server() ? nghttp2_session_server_new2 : nghttp2_session_client_new2;
  if (make(&made, events.get(), this, option.get()) != 0) throw std::bad_alloc();
  session_.reset(made);
}

void Session::tell_settings() {
  const nghttp2_settings_entry server{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streams};
  const nghttp2_settings_entry client{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  const std::array<nghttp2_settings_entry, 4> settings = {{
      is_server() ? server : client,
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits_.connection_window));
}

std::uint32_t Session::peer_streams() const noexcept {
  return nghttp2_session_get_remote_settings(session_.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace edge::http2
