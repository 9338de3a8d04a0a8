#include "edge/store/checker.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "edge/base/log.h"
#include "edge/store/open_file.h"

namespace edge::store {
namespace {

constexpr std::string_view kLogScope = "edge.store";
// A hub that writes as much all the time is checked at its next start.
constexpr int kMostAttempts = 10;
constexpr Duration kInterruptAgain = std::chrono::milliseconds(5);

// For this thread only. Source: ioprio_set(2): best effort, the lowest of its levels.
void give_way() noexcept {
  constexpr int kThisThread = 0;
  constexpr int kWhoProcess = 1;
  constexpr int kLowest = (2 << 13) | 7;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);
  ::syscall(SYS_ioprio_set, kWhoProcess, kThisThread, kLowest);
}

}  // namespace

Status Checker::start(std::string path, std::move_only_function<void()> damaged) {
  path_ = std::move(path);
  damaged_ = std::move(damaged);
  return thread_.start("check", options_.stack_bytes, [this] { run(); });
}

Checker::~Checker() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    // An interrupt before the statement runs is lost.
    while (reading_ != nullptr) {
      reading_->interrupt();
      changed_.wait_for(lock, kInterruptAgain);
    }
  }
  thread_.join();
}

void Checker::yield() noexcept {
  const std::lock_guard lock(mutex_);
  if (reading_ == nullptr) return;
  interrupted_ = true;
  reading_->interrupt();
}

// False where the checker is to stop.
bool Checker::wait(Duration duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopping_; });
}

void Checker::run() {
  give_way();
  if (auto noted = note_unchecked(path_); !noted) {
    log::debug(kLogScope, "cannot note a check", {{"error", noted.error().message}});
  }
  Status sound = Error{Code::kCancelled, ""};
  Duration delay = options_.delay;
  for (int i = 0; i < kMostAttempts && !sound && sound.error().code == Code::kCancelled; ++i) {
    if (!wait(std::exchange(delay, options_.pause))) return;
    sound = look();
  }
  if (!sound && sound.error().code != Code::kDataLoss) {
    log::warn(kLogScope, "a database was not checked",
              {{"file", path_}, {"error", sound.error().message}});
    return;
  }
  if (auto forgotten = forget_unchecked(path_); !forgotten) {
    log::warn(kLogScope, "cannot note a check", {{"error", forgotten.error().message}});
  }
  if (sound) return log::info(kLogScope, "a database is sound", {{"file", path_}});
  log::error(kLogScope, "a check has found damage",
             {{"file", path_}, {"error", sound.error().message}});
  if (auto marked = mark_damaged(path_); !marked) {
    log::error(kLogScope, "cannot mark it", {{"error", marked.error().message}});
  }
  damaged_();
}

// Errors: kCancelled after an interrupt, whatever was found: what was not read looks lost.
Status Checker::look() {
  auto db = Db::open(path_, {.access = Access::kReadOnly});
  if (!db) return std::move(db).error();
  {
    const std::lock_guard lock(mutex_);
    reading_ = &*db;
    interrupted_ = false;
  }
  auto sound = check(*db);
  const std::lock_guard lock(mutex_);
  reading_ = nullptr;
  changed_.notify_all();
  if (stopping_ || interrupted_) return Error{Code::kCancelled, "the check was interrupted"};
  return sound;
}

}  // namespace edge::store
