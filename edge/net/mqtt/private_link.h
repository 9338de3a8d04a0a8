// A socket that only this process can reach, for libmosquitto to connect to.
//
// The library connects by name and knows Unix sockets (a path and port 0). This one's name was
// removed from the file system right after it was made; /proc/self/fd still leads to it.
#pragma once

#include <mutex>
#include <string>

#include "edge/base/result.h"

namespace edge::mqtt {

// Closes a file descriptor at its end.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) noexcept : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept;

 private:
  int fd_ = -1;
};

class PrivateLink {
 public:
  // The process's one. Errors: kUnavailable, naming the call that failed.
  static Result<PrivateLink*> get();

  // Held from connecting to accept(), so that both ends are of one pair.
  [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Our end of the connection that was just made; does not block. Errors: kUnavailable.
  Result<OwnedFd> accept();

 private:
  PrivateLink() = default;
  Status open();
  Status listen_in(std::string directory);

  std::mutex mutex_;
  OwnedFd listener_;
  OwnedFd name_;
  std::string path_;
};

}  // namespace edge::mqtt
