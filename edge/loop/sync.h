// Waiting for each other on one loop: Event and Semaphore.
#pragma once

#include <cstddef>
#include <utility>

#include "edge/loop/ctx.h"
#include "edge/loop/loop.h"
#include "edge/loop/task.h"

namespace edge {

namespace detail {

class WaitQueue;

// A waiter in a list of those who wait for the same thing, first come first served.
class QueuedWaiter final : public Waiter {
 public:
  QueuedWaiter(Loop& loop, WaitQueue& queue) noexcept : Waiter(loop), queue_(queue) {}
  ~QueuedWaiter();
  bool granted = false;

 private:
  friend class WaitQueue;
  void fired(Code reason) noexcept override;
  WaitQueue& queue_;
  QueuedWaiter* next_ = nullptr;
  QueuedWaiter* prev_ = nullptr;
  bool queued_ = false;
};

class WaitQueue {
 public:
  void push(QueuedWaiter& waiter) noexcept;
  void remove(QueuedWaiter& waiter) noexcept;
  // Wakes the first; false where nobody waits.
  bool wake_one() noexcept;
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

 private:
  QueuedWaiter* first_ = nullptr;
  QueuedWaiter* last_ = nullptr;
};

}  // namespace detail

// Set once or again after reset(); everyone who waits goes on.
class Event {
 public:
  explicit Event(Loop& loop) noexcept : loop_(loop) {}
  void set() noexcept;
  void reset() noexcept { set_ = false; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  // Errors: kCancelled or kDeadlineExceeded.
  Task<Status> wait(Ctx ctx);

 private:
  Loop& loop_;
  detail::WaitQueue waiters_;
  bool set_ = false;
};

// Counts permits; those who wait get them in the order in which they came.
class Semaphore {
 public:
  Semaphore(Loop& loop, std::size_t permits) noexcept : loop_(loop), permits_(permits) {}
  [[nodiscard]] bool try_acquire() noexcept;
  // Errors: kCancelled or kDeadlineExceeded; then no permit is held.
  Task<Status> acquire(Ctx ctx);
  void release() noexcept;

 private:
  Loop& loop_;
  detail::WaitQueue waiters_;
  std::size_t permits_;
};

// A permit of a Semaphore that is given back when it goes away; or none.
class Permit {
 public:
  Permit() noexcept = default;
  // One that has been acquired.
  explicit Permit(Semaphore& from) noexcept : from_(&from) {}
  Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      release();
      from_ = std::exchange(other.from_, nullptr);
    }
    return *this;
  }
  ~Permit() { release(); }
  void release() noexcept {
    if (from_ != nullptr) std::exchange(from_, nullptr)->release();
  }

 private:
  Semaphore* from_ = nullptr;
};

}  // namespace edge
