// The words of HTTP/1 on the wire: status lines, dates, chunk frames.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/base/time.h"

namespace edge::http1 {

// "OK" for 200; "" for a status without a registered phrase.
std::string_view reason_phrase(int status) noexcept;

// "Sun, 06 Nov 1994 08:49:37 GMT". Source: RFC 9110 §5.6.7.
std::string http_date(WallTime time);

// What may stand in a header's name. Source: RFC 9110 §5.6.2.
inline constexpr std::array<bool, 256> kTokens = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

inline bool is_token(char c) noexcept {
  return kTokens[static_cast<unsigned char>(c)];
}

inline void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_status_line(std::string& out, int status);
void append_length(std::string& out, std::uint64_t length);

// The line before a chunk of `size` bytes. The storage is the caller's.
struct ChunkLine {
  ChunkLine() noexcept : ChunkLine(0) {}
  explicit ChunkLine(std::size_t size) noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_, length_}; }

 private:
  char bytes_[18];
  std::size_t length_;
};

inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace edge::http1
