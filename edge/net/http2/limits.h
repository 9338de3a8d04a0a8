// What one HTTP/2 connection may cost, as a server or as a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "edge/base/time.h"

namespace edge::http2 {

struct Limits {
  // Streams of the peer at once, those included whose handlers still run after a reset. Over it:
  // REFUSED_STREAM.
  std::uint32_t streams = 100;
  // Of one head or of trailers, counted as RFC 9113 §6.5.2 does. Over it: 431.
  std::size_t header_bytes = std::size_t{16} * 1024;
  std::size_t continuations = 8;  // CONTINUATION frames of one head
  // Bytes of body that a stream, and a connection, holds for a reader that does not take them.
  std::uint32_t stream_window = 64 * 1024;
  std::uint32_t connection_window = 1024 * 1024;
  // Streams that the peer may reset in a burst, and a second. Over it: the connection ends.
  std::uint32_t resets = 500;
  std::uint32_t resets_per_second = 50;
  // Frames that move nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, resets that the
  // peer provokes), in a burst and a second; traffic gives some back. Over it: ENHANCE_YOUR_CALM.
  std::uint32_t idle_frames = 1000;
  std::uint32_t idle_frames_per_second = 100;
  std::size_t unsent_acks = 200;  // answers to PING and SETTINGS that the peer does not read
  Duration opening_time = std::chrono::seconds(10);  // until the peer's preface: cut off
  Duration header_time = std::chrono::seconds(10);   // from a head's first byte to its last
  Duration idle_time = std::chrono::minutes(5);      // without a stream: GOAWAY
  Duration stall_time = std::chrono::seconds(60);    // a peer that takes nothing of a body: reset
  Duration quiet_time = std::chrono::minutes(1);     // nothing heard, streams open: PING
  Duration drain_time = std::chrono::seconds(1);     // after GOAWAY for streams on their way
};

}  // namespace edge::http2
