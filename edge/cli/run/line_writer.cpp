#include "edge/cli/run/line_writer.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace edge::cli {
namespace {

constexpr std::size_t kLongestLine = std::size_t{64} * 1024;

}  // namespace

void LineWriter::take(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t room = kLongestLine - rest_.size();
    const std::size_t end = bytes.substr(0, room).find('\n');
    const bool ends = end != std::string_view::npos || bytes.size() >= room;
    const std::string_view piece = bytes.substr(0, end == std::string_view::npos ? room : end);
    bytes.remove_prefix(end == std::string_view::npos ? piece.size() : end + 1);
    rest_ += piece;
    if (!ends) continue;
    out.append(prefix_).append(rest_).append("\n");
    rest_.clear();
  }
  if (!out.empty()) sink_(out);
}

void LineWriter::finish() {
  if (!rest_.empty()) sink_(prefix_ + rest_ + "\n");
  rest_.clear();
}

void write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace edge::cli
