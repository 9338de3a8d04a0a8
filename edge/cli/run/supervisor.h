// Runs an app beside a hub: the hub first, the app when the hub is ready; ends both.
//
// A signal goes to the app; when it has ended, the hub is told to. A second one, a second
// later or more, kills both: what stops a group of processes may tell us twice.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "edge/cli/registry.h"
#include "edge/cli/run/child.h"
#include "edge/cli/run/notify_socket.h"

namespace edge::cli {

struct RunPlan {
  ChildPlan hub;
  ChildPlan app;
  Instance instance;     // what "edgelane list" is told
  std::string greeting;  // printed when the app runs
};

class Supervisor {
 public:
  explicit Supervisor(RunPlan plan) : plan_(std::move(plan)) {}

  // One a process: takes over its signals. Gives the app's exit code; 126 or 127 where it cannot
  // be run; 1 where the hub ended on its own. Errors: kNotFound and others, where the hub cannot
  // be started.
  Result<int> run();

 private:
  using Clock = std::chrono::steady_clock;

  Status start_hub();
  void start_app();
  void wait_for_events();
  void read_signals();
  void take_signal(int number);
  void note_ends();
  void stop_hub(int number);
  void hub_is_late();
  void app_is_late();
  [[nodiscard]] int wait_time() const;
  [[nodiscard]] bool goes_on() const;

  RunPlan plan_;
  Descriptor signals_;
  std::optional<NotifySocket> ready_;
  std::optional<Child> hub_;
  std::optional<Child> app_;
  int told_to_stop_ = 0;  // the signal
  Clock::time_point told_at_;
  bool hub_is_ready_ = false;
  bool hub_must_end_ = false;
  std::optional<int> result_;
  std::optional<Clock::time_point> limit_;  // for the hub's start, or the app's end
};

}  // namespace edge::cli
