// TaskGroup: owns tasks that run beside their owner, and ends them before it.
//
// The owner spawns tasks and must await close() before the group and whatever the tasks use go
// away. A task that throws is logged and counted: it never takes the process or its siblings down.
#pragma once

#include <cstddef>
#include <string>

#include "edge/loop/ctx.h"
#include "edge/loop/loop.h"
#include "edge/loop/sync.h"
#include "edge/loop/task.h"

namespace edge {

class TaskGroup {
 public:
  // `name` says in the log whose task failed. The group is cancelled with `parent`.
  TaskGroup(Loop& loop, std::string name, Ctx parent = Ctx::background());
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // The context for tasks of this group: cancelled by close() and cancel().
  [[nodiscard]] Ctx ctx() noexcept { return scope_.ctx(); }

  // Starts `task`; it runs until it first waits. After close() it starts cancelled.
  void spawn(Task<void> task);

  // Cancels all tasks and waits for their ends.
  Task<void> close();
  // Waits until no task runs; cancels nothing.
  Task<void> wait();
  // The same, and cancels all tasks when `ctx` is cancelled.
  Task<void> wait(Ctx ctx);
  void cancel(Code reason = Code::kCancelled) noexcept { scope_.cancel(reason); }

  [[nodiscard]] std::size_t running() const noexcept { return running_; }
  // How many tasks ended by an exception.
  [[nodiscard]] std::size_t failed() const noexcept { return failed_; }

 private:
  struct Runner;
  static Runner run_task(TaskGroup* group, Task<void> task);
  void finished() noexcept;

  std::string name_;
  CancelScope scope_;
  Event idle_;
  std::size_t running_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace edge
