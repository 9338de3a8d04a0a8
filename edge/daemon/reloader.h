// Reloader: brings what changes in the resources' files into the running hub.
//
// Components, subscriptions and lanes change while everything else goes on. What else changes
// (apps, endpoints, configurations) needs the hub to start again inside its process, as SIGHUP
// does. A fault in the files is logged, and what runs goes on. Source: wire reference §14.1.
#pragma once

#include <functional>
#include <string>

#include "edge/daemon/components_loader.h"
#include "edge/daemon/flags.h"
#include "edge/daemon/lanes/lane_setup.h"
#include "edge/daemon/resources/resources.h"
#include "edge/loop/uv_loop.h"

namespace edge::daemon {

struct ReloaderWiring {
  UvLoop& loop;
  const Options& options;
  Resources& resources;  // what runs; brought up to date
  ComponentsLoader& loader;
  LaneSetup& lanes;
  std::function<void()> components_changed;
  std::function<void()> subscriptions_changed;
  std::function<void()> restart;
};

class Reloader {
 public:
  // Everything in `wiring` outlives the reloader.
  explicit Reloader(ReloaderWiring wiring) : to_(std::move(wiring)) {}

  // Watches the files until `ctx` ends; looks at them once a minute besides.
  Task<void> run(Ctx ctx);
  // For SIGHUP: asks for a restart if the files can be read; logs what is wrong otherwise.
  void restart_by_signal();

 private:
  Task<void> reload(Ctx ctx);
  Task<void> bring_up(Ctx ctx, Resources* fresh);
  Task<void> bring_up_lanes(Ctx ctx, Resources* fresh);

  ReloaderWiring to_;
};

}  // namespace edge::daemon
