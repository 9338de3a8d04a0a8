// Looks for damage in a database that is too large to be checked before it is used.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/store/db.h"
#include "edge/store/thread.h"

namespace edge::store {

struct CheckerOptions {
  Duration delay = std::chrono::seconds(10);  // leaves the start its disk
  Duration pause = std::chrono::minutes(1);
  std::size_t stack_bytes = 256 << 10;
};

// Reads the file once through a connection of its own, on a thread that gives way to others. The
// file is noted as unchecked until that has come to an end, so that the next start goes on.
class Checker {
 public:
  explicit Checker(CheckerOptions options) : options_(options) {}
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  // Ends what is under way, and waits a moment for that.
  ~Checker();

  // `damaged` is called on the checker's thread, at most once, after the file was marked. Legal
  // once. Errors: of Thread::start.
  Status start(std::string path, std::move_only_function<void()> damaged);
  // Thread-safe. Lets go of the file, whose log grows as long as it is read; begins anew later.
  void yield() noexcept;

 private:
  void run();
  Status look();
  bool wait(Duration duration);

  const CheckerOptions options_;
  std::string path_;
  std::move_only_function<void()> damaged_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Db* reading_ = nullptr;
  bool interrupted_ = false;
  bool stopping_ = false;

  Thread thread_;  // last: it uses all of the above
};

}  // namespace edge::store
