// What the protocol library tells a Session while it reads and writes frames.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace edge::http2 {

struct Events {
  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) noexcept;
  static int begin_head(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int field(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                   nghttp2_rcbuf* value, std::uint8_t, void* user) noexcept;
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) noexcept;
  static int received(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
  static int closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) noexcept;
  // The body of `source`, a Stream.
  static ssize_t body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                      std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept;

  // A callback table with all of the above but body().
  static void set(nghttp2_session_callbacks* callbacks) noexcept;
};

}  // namespace edge::http2
