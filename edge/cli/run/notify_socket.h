// The socket on which a hub tells that it is ready. Source: sd_notify(3).
#pragma once

#include <string>

#include "edge/base/result.h"
#include "edge/cli/run/child.h"

namespace edge::cli {

class NotifySocket {
 public:
  // In runtime_directory(). Errors: kFailedPrecondition.
  static Result<NotifySocket> open();
  NotifySocket(NotifySocket&&) = default;
  ~NotifySocket();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  // Takes what was told; whether READY=1 was among it.
  [[nodiscard]] bool read_ready() const;

 private:
  NotifySocket(Descriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  Descriptor socket_;
  std::string path_;
};

}  // namespace edge::cli
