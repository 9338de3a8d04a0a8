#include "edge/loop/task_group.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "edge/base/log.h"

namespace edge {
struct TaskGroup::Runner {
  struct promise_type {
    Runner get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

TaskGroup::TaskGroup(Loop& loop, std::string name, Ctx parent)
    : name_(std::move(name)), scope_(parent), idle_(loop) {}

TaskGroup::~TaskGroup() {
  if (running_ == 0) return;
  std::fprintf(stderr, "edge: task group %s destroyed with %zu tasks running\n", name_.c_str(),
               running_);
  std::abort();
}

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  idle_.reset();
  run_task(this, std::move(task));
}

TaskGroup::Runner TaskGroup::run_task(TaskGroup* group, Task<void> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& failure) {
    ++group->failed_;
    log::error("edge.loop", "a task failed", {{"group", group->name_}, {"error", failure.what()}});
  } catch (...) {
    ++group->failed_;
    log::error("edge.loop", "a task failed", {{"group", group->name_}});
  }
  {
    // The frame's last act: what the task used is gone before the group may be.
    // NOLINTNEXTLINE(bugprone-use-after-move): awaiting it has left it where it is.
    const Task<void> ended = std::move(task);
  }
  group->finished();
}

void TaskGroup::finished() noexcept {
  if (--running_ == 0) idle_.set();
}

Task<void> TaskGroup::close() {
  scope_.cancel();
  co_await wait();
}

Task<void> TaskGroup::wait() {
  // A task that ran in the same turn may have spawned another meanwhile.
  while (running_ != 0) {
    const Status idle = co_await idle_.wait(Ctx::background());
    if (!idle) co_return;
  }
}

Task<void> TaskGroup::wait(Ctx ctx) {
  struct CutOff final : CancelHook {
    explicit CutOff(TaskGroup& all) : group(all) {}
    void fired(Code reason) noexcept override { group.cancel(reason); }
    TaskGroup& group;
  };
  CutOff cut_off(*this);
  if (ctx.cancelled()) {
    cancel();
  } else {
    ctx.link(cut_off);
  }
  co_await wait();
}

}  // namespace edge
