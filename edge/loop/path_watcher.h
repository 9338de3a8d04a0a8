// PathWatcher: word that something changed in some directories or files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/loop/uv_loop.h"

namespace edge {

// It tells that, not what: look again at what you care about. Changes that come before next() is
// called again are one. A path that cannot be watched (it is not there, the kernel's limit is
// reached) is left out: look from time to time besides.
class PathWatcher {
 public:
  PathWatcher(UvLoop& loop, const std::vector<std::string>& paths);
  ~PathWatcher();
  PathWatcher(const PathWatcher&) = delete;
  PathWatcher& operator=(const PathWatcher&) = delete;

  // Returns once something has changed. Errors: kCancelled, kDeadlineExceeded.
  Task<Status> next(Ctx ctx);

 private:
  struct ChangeWaiter final : Waiter {
    using Waiter::Waiter;
  };
  struct Closer {
    void operator()(uv_fs_event_t* handle) const noexcept;
  };

  ChangeWaiter waiter_;
  bool changed_ = false;
  std::vector<std::unique_ptr<uv_fs_event_t, Closer>> handles_;
};

}  // namespace edge
