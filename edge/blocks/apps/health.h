// Watches an app's health by probing it. Source: wire reference §13.5.
#pragma once

#include <functional>
#include <memory>

#include "edge/blocks/apps/app.h"

namespace edge::blocks {

struct HealthSettings {
  Duration interval = std::chrono::seconds(5);
  Duration timeout = std::chrono::milliseconds(500);
  unsigned threshold = 3;  // failures in a row that make an app unhealthy
  unsigned recovery = 1;   // successes in a row that make it healthy again
};

class HealthProbe {
 public:
  virtual ~HealthProbe() = default;
  // Errors: whatever makes this probe a failure.
  virtual Task<Status> probe(Ctx ctx) = 0;
};

// An app that is watched begins unhealthy; its first success makes it healthy. Unlike daprd, a
// success also forgives earlier failures: a probe that fails once a day must not stop an app in the
// end.
class HealthWatch {
 public:
  // `app` and `probe` outlive the watch.
  HealthWatch(Loop& loop, App& app, HealthProbe& probe, HealthSettings settings);

  // Called on the loop when the app's health has changed.
  void on_change(std::function<void(AppHealth)> observer) { observer_ = std::move(observer); }

  // Probes at once and then at every interval, until `ctx` ends.
  Task<void> run(Ctx ctx);

 private:
  Task<Status> probe_once(Ctx ctx);
  void note(const Status& result);

  Loop& loop_;
  App& app_;
  HealthProbe& probe_;
  HealthSettings settings_;
  std::function<void(AppHealth)> observer_;
  unsigned failures_ = 0;
  unsigned successes_ = 0;  // in a row
  bool was_healthy_ = false;
};

}  // namespace edge::blocks
