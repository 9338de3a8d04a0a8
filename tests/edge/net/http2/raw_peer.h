// A client that writes HTTP/2 frames byte by byte, as it likes, and reads what comes back.
// Source: RFC 9113 §4.1, RFC 7541 §6.2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "edge/loop/socket.h"
#include "tests/support/timing.h"

namespace edge::http2::test {

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kAck = 1;
inline constexpr std::uint8_t kEndHeaders = 4;
inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int at = bytes - 1; at >= 0; --at) text += static_cast<char>(value >> (8 * at) & 0xff);
  return text;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         const std::string& payload = "") {
  return number(payload.size(), 3) + number(type, 1) + number(flags, 1) + number(stream, 4) +
         payload;
}

// A literal field that enters no table; both parts of at most 126 bytes.
inline std::string field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + number(name.size(), 1) + name + number(value.size(), 1) + value;
}

inline std::string request_head(const std::string& path) {
  return field(":method", "POST") + field(":scheme", "http") + field(":authority", "a") +
         field(":path", path);
}

inline std::string get(std::uint32_t stream, const std::string& path) {
  return frame(kHeaders, kEndHeaders | kEndStream, stream, request_head(path));
}

inline std::string opening() {
  return kPreface + frame(kSettings, 0, 0);
}

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

// What a connection gave until its server ended it.
struct Talk {
  std::vector<Frame> frames;
  bool ended = false;  // in good order; else reset

  [[nodiscard]] std::size_t count(std::uint8_t type, std::uint8_t flags = 0) const {
    std::size_t found = 0;
    for (const Frame& item : frames) found += item.type == type && (item.flags & flags) == flags;
    return found;
  }
  // The error code of the last GOAWAY; -1 where none came.
  [[nodiscard]] int goaway() const { return code_of(kGoAway, 4); }
  // The error code of the last RST_STREAM; -1 where none came.
  [[nodiscard]] int reset() const { return code_of(kReset, 0); }

 private:
  [[nodiscard]] int code_of(std::uint8_t type, std::size_t at) const {
    int code = -1;
    for (const Frame& item : frames) {
      if (item.type == type) code = static_cast<unsigned char>(item.payload.at(at + 3));
    }
    return code;
  }
};

class RawPeer {
 public:
  RawPeer(UvLoop& loop, Address address) : loop_(loop), address_(std::move(address)) {}

  Task<void> open();
  // A send that the server does not take any more is no failure of the peer.
  Task<void> send(std::string bytes);
  // The next frame; throws at the end of the connection.
  Task<Frame> next();
  // All frames up to the end.
  Task<Talk> rest();
  // Opens, sends, and reads to the end: the server must end the connection.
  Task<Talk> talk(std::string bytes);

 private:
  // False at the end.
  Task<bool> read(std::size_t bytes);
  Frame take();

  UvLoop& loop_;
  Address address_;
  std::unique_ptr<Socket> socket_;
  bool reset_ = false;
};

}  // namespace edge::http2::test
