// Probation: proves what a replica has taken over when its time has passed and apps are as well as
// before, or has it rolled back.
//
// One task, closed before what it uses goes away. After a restart the time begins anew.
#pragma once

#include <functional>
#include <string>

#include "components/replica/replica.h"
#include "edge/loop/task_group.h"

namespace edge::replica {

struct ProbationOptions {
  std::string name;  // of the replica, for messages
  Duration length{};
  Health health;
};

class Probation {
 public:
  // Called after a probation has ended: what is seen has changed where it was rolled back.
  using OnStep = std::function<void(const Step&)>;

  // All of it outlives the probation.
  Probation(Loop& loop, Replica& replica, ProbationOptions options, OnStep on_step);

  void start() { tasks_.spawn(run(tasks_.ctx())); }
  Task<void> close() { return tasks_.close(); }

  // The replica has made a step.
  void stepped() { changed_.set(); }
  // An app that was well is not any more.
  void suspect(const std::string& app);

  [[nodiscard]] std::uint64_t rollbacks() const noexcept { return rollbacks_; }

 private:
  Task<void> run(Ctx ctx);
  Task<void> judge(Ctx ctx);
  Task<Result<Applied>> carry_out(std::string reason);
  [[nodiscard]] std::string complaint(const std::string& suspect) const;

  Loop& loop_;
  Replica& replica_;
  ProbationOptions options_;
  OnStep on_step_;
  std::string suspect_;  // the app; "": none
  std::uint64_t rollbacks_ = 0;
  Event changed_;
  TaskGroup tasks_;
};

}  // namespace edge::replica
