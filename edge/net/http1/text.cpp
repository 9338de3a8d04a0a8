#include "edge/net/http1/text.h"

#include <charconv>
#include <ctime>

#include <llhttp.h>

namespace edge::http1 {

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
#define EDGE_PHRASE(number, name, phrase) \
  case number:                            \
    return #phrase;
    HTTP_STATUS_MAP(EDGE_PHRASE)
#undef EDGE_PHRASE
    default:
      return "";
  }
}

std::string http_date(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason_phrase(status)).append("\r\n");
}

ChunkLine::ChunkLine(std::size_t size) noexcept {
  char* end = std::to_chars(bytes, bytes + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  length = static_cast<std::size_t>(end - bytes);
}

}  // namespace edge::http1
