#include "edge/net/mqtt/private_link.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace edge::mqtt {
namespace {

Error system_error(const std::string& what) {
  return {Code::kUnavailable, "MQTT: " + what + ": " + std::strerror(errno)};
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) close(fd_);
}

int OwnedFd::release() noexcept {
  return std::exchange(fd_, -1);
}

Result<PrivateLink*> PrivateLink::get() {
  static PrivateLink link;
  static std::mutex opening;
  const std::lock_guard lock(opening);
  if (link.listener_.get() < 0) {
    if (auto opened = link.open(); !opened) return std::move(opened).error();
  }
  return &link;
}

// A hub may be forbidden to write to one of these places.
Status PrivateLink::open() {
  Status opened = Error{Code::kUnavailable, ""};
  for (const char* parent : {"/dev/shm", "/tmp", "/var/tmp", "/run"}) {
    std::string directory = std::string(parent) + "/edgelane-mqtt-XXXXXX";
    if (mkdtemp(directory.data()) == nullptr) {
      opened = system_error("make a directory in " + std::string(parent));
      continue;
    }
    opened = listen_in(directory);
    rmdir(directory.c_str());
    if (opened) return opened;
  }
  return opened;
}

Status PrivateLink::listen_in(std::string directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = std::move(directory) + "/s";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  OwnedFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return system_error("socket");
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return system_error("bind " + path);
  }
  OwnedFd name(::open(path.c_str(), O_PATH | O_CLOEXEC));
  unlink(path.c_str());
  if (name.get() < 0) return system_error("open " + path);
  if (listen(listener.get(), 8) != 0) return system_error("listen " + path);
  path_ = "/proc/self/fd/" + std::to_string(name.get());
  name_ = std::move(name);
  listener_ = std::move(listener);
  return {};
}

Result<OwnedFd> PrivateLink::accept() {
  while (true) {
    OwnedFd end(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (end.get() < 0) return system_error("accept");
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = getsockopt(end.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    if (known && peer.pid == getpid()) return end;
  }
}

}  // namespace edge::mqtt
