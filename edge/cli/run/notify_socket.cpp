#include "edge/cli/run/notify_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge/base/strings.h"
#include "edge/cli/registry.h"

namespace edge::cli {

Result<NotifySocket> NotifySocket::open() {
  const auto directory = runtime_directory();
  if (!directory) return directory.error();
  const std::string path = *directory + "/run-" + std::to_string(::getpid()) + ".notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{Code::kFailedPrecondition,
                 path + " is too long for a socket; set XDG_RUNTIME_DIR to a shorter path"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  ::unlink(path.c_str());  // of an earlier process of our id
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error{Code::kFailedPrecondition,
                 "cannot make the socket " + path + ": " + std::strerror(errno)};
  }
  return NotifySocket(std::move(socket), path);
}

NotifySocket::~NotifySocket() {
  if (socket_.is_open()) ::unlink(path_.c_str());
}

bool NotifySocket::read_ready() const {
  std::array<char, 4096> bytes;
  bool ready = false;
  while (true) {
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) return ready;
    const std::string_view told(bytes.data(), static_cast<std::size_t>(count));
    for (const std::string_view line : split(told, '\n')) ready = ready || line == "READY=1";
  }
}

}  // namespace edge::cli
