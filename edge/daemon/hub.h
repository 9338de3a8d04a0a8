// Hub: everything that runs, in the order in which it starts and stops.
//
// Source: wire reference §13.4, §13.7.
#pragma once

#include <memory>
#include <string>

#include "edge/api/http/url_channels.h"
#include "edge/api/services.h"
#include "edge/daemon/apps_builder.h"
#include "edge/daemon/clock_file.h"
#include "edge/daemon/components_loader.h"
#include "edge/daemon/flags.h"
#include "edge/daemon/found_apps.h"
#include "edge/daemon/lanes/lane_setup.h"
#include "edge/daemon/leftovers.h"
#include "edge/daemon/listeners.h"
#include "edge/daemon/metrics_server.h"
#include "edge/daemon/notify.h"
#include "edge/daemon/peers.h"
#include "edge/daemon/reloader.h"
#include "edge/daemon/secret_news.h"
#include "edge/daemon/secret_stores.h"
#include "edge/daemon/subscribers.h"
#include "edge/daemon/uplink/uplink_setup.h"
#include "edge/loop/signals.h"
#include "edge/store/open_files.h"

namespace edge::daemon {

class Hub {
 public:
  // `options` and `resources` outlive the hub, which fills in what resources refer to.
  Hub(UvLoop& loop, Signals& signals, const Options& options, Resources& resources);
  ~Hub();

  // Starts, serves until told to stop, stops. Gives the exit code.
  // Errors: what kept it from starting; nothing is left running then.
  Task<Result<int>> run();
  // Whether run() ended to start again with the resources as they are in the files by then.
  [[nodiscard]] bool wants_restart() const noexcept { return restart_; }

 private:
  Task<Status> start();
  Status open_metrics();
  Task<Status> open_uplink();
  void find_other_apps();
  void components_changed();
  void report_configuration();
  void announce() const;
  void watch_apps();
  Task<void> watch_app(WatchedApp* watched);
  void listen_to_health(WatchedApp& watched);
  void note_health(const blocks::App& app, blocks::AppHealth health);
  Task<void> read_signals();
  void stop_requested(api::ShutdownKind kind);
  void restart();
  Task<void> block_shutdown();
  Task<void> stop_subscribers();
  Task<int> stop();
  Task<void> release();

  UvLoop& loop_;
  const Options& options_;
  Resources& resources_;
  TimePoint began_;
  ServiceManager manager_;
  Signals& signals_;
  store::OpenFiles files_;
  blocks::SecretsBlock secret_block_;
  SecretStores secrets_{secret_block_};
  blocks::Lanes lanes_;
  sync::RetainedTopics cloud_;
  LaneSetup lane_setup_;
  Leftovers leftovers_;
  observe::LogRing logs_;
  observe::HubMetrics metrics_;
  observe::AppMeter strangers_;  // requests without identity
  std::unique_ptr<api::UrlChannelCache> urls_;
  blocks::AppTable apps_;
  std::unique_ptr<blocks::Invoker> invoker_;
  blocks::StateBlock state_;
  blocks::ConfigurationBlock configuration_;
  blocks::PubsubBlock pubsub_;
  SecretNews secret_news_;
  std::unique_ptr<UplinkSetup> uplink_;  // null without an Uplink
  std::unique_ptr<api::Services> services_;
  std::unique_ptr<AppsBuilder> builder_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<FoundApps> found_apps_;  // null where apps are not sought
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<ComponentsLoader> loader_;
  std::unique_ptr<Reloader> reloader_;
  bool restart_ = false;
  Event stop_;
  Event unhealthy_;  // an app that is watched has become unhealthy
  std::unique_ptr<Subscribers> subscribers_;
  ClockFile clock_file_;
  TaskGroup background_;
  TaskGroup signal_reader_;  // the last to end: a second signal ends a hub that cannot close
};

}  // namespace edge::daemon
