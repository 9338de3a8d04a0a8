#include "edge/daemon/hub.h"

#include <csignal>
#include <unistd.h>

#include "edge/base/log.h"
#include "edge/base/version.h"
#include "edge/daemon/host.h"
#include "edge/daemon/spare_memory.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "dapr.runtime";
constexpr mode_t kDataMode = 0750;
constexpr mode_t kRunMode = 0755;

// Judges servers by the CAs of this machine, which are read at the first handshake.
std::shared_ptr<const tls::ClientContext> system_tls() {
  auto context = tls::ClientContext::parse({});
  return context ? *context : nullptr;
}

// Leaves time for the answer to go out. Source: wire reference §11.3.
Task<void> exit_soon(Loop* loop, Ctx ctx) {
  auto slept = co_await sleep_for(*loop, ctx, std::chrono::milliseconds(100));
  if (slept) ::_exit(1);
}

sync::RetainedTopics cloud_topics(const Resources& resources) {
  if (!resources.uplink) return {};
  return {resources.uplink->name, resources.uplink->hub};
}

std::vector<std::string> names_of(const policy::LaneTable& lanes) {
  std::vector<std::string> names;
  for (const policy::LaneSpec& lane : lanes.lanes()) names.emplace_back(lane.id.view());
  return names;
}

void limit_secrets(blocks::SecretsBlock& block, const Configuration& configuration) {
  using Default = blocks::SecretScope::Default;
  for (const SecretScope& scope : configuration.secret_scopes) {
    const auto access = scope.default_access == Access::kDeny ? Default::kDeny : Default::kAllow;
    block.limit(scope.store, {access, scope.allowed, scope.denied});
  }
}

// Who comes by the internal port shows no identity. Source: wire reference §15.2.
api::StrangerRule stranger_rule(const Configuration& configuration) {
  if (!configuration.access_control) return api::StrangerRule::kAllowed;
  const AccessControl& access = *configuration.access_control;
  const bool denied = access.default_action == Access::kUnset
                          ? !access.policies.empty()
                          : access.default_action == Access::kDeny;
  return denied ? api::StrangerRule::kDenied : api::StrangerRule::kAllowed;
}

}  // namespace

Hub::Hub(UvLoop& loop, Signals& signals, const Options& options, Resources& resources)
    : loop_(loop),
      options_(options),
      resources_(resources),
      began_(loop.now()),
      signals_(signals),
      cloud_(cloud_topics(resources)),
      lane_setup_(loop, files_, secrets_, lanes_, options.data_dir),
      leftovers_(loop, files_, resources, options.data_dir),
      logs_(loop),
      strangers_(metrics_, "", ""),
      urls_(std::make_unique<api::UrlChannelCache>(loop, system_tls())),
      invoker_(std::make_unique<blocks::Invoker>(loop, apps_, *urls_)),
      configuration_(loop),
      pubsub_(loop),
      secret_news_(loop, pubsub_),
      services_(new api::Services{.loop = loop,
                                  .apps = apps_,
                                  .invoker = *invoker_,
                                  .state = state_,
                                  .configuration = configuration_,
                                  .secrets = secret_block_,
                                  .pubsub = pubsub_,
                                  .lanes = lanes_}),
      stop_(loop),
      unhealthy_(loop),
      clock_file_(loop, options_.data_dir),
      background_(loop, "hub"),
      signal_reader_(loop, "hub's signals") {
  files_.on_progress([this] { manager_.ask_for_time(); });
  pubsub_.use(lanes_);
  configuration_.use(apps_);
  logs_.record();
  services_->logs = &logs_;
  services_->metrics = &metrics_;
  services_->strangers = &strangers_;
  services_->default_app = options.default_app;
  services_->allowed_origins = options.allowed_origins;
  services_->max_body_bytes = options.max_body_size_bytes;
  const ApiLogging& logging = resources.configuration.api_logging;
  services_->api_logging = options.api_logging.value_or(logging.enabled.value_or(false));
  services_->log_health_checks = !logging.omit_health_checks;
  for (const ApiRule& rule : resources.configuration.api_allowed) {
    services_->access.allow({rule.name, rule.version, rule.protocol});
  }
  for (const ApiRule& rule : resources.configuration.api_denied) {
    services_->access.deny({rule.name, rule.version, rule.protocol});
  }
  limit_secrets(secret_block_, resources.configuration);
  if (options.is_hub()) return;
  services_->shutdown = [this](api::ShutdownKind kind) { stop_requested(kind); };
}

Hub::~Hub() = default;

Task<Result<int>> Hub::run() {
  signal_reader_.spawn(read_signals());
  background_.spawn(give_back_spare_memory(&loop_, background_.ctx()));
  auto started = co_await start();
  if (!started) {
    co_await release();
    co_return started.error();
  }
  services_->outbound_ready = true;
  manager_.tell("READY=1");
  // A daprd says so once its app has answered.
  if (options_.is_hub() || builder_->watched().empty()) announce();
  watch_apps();
  reloader_ = std::make_unique<Reloader>(ReloaderWiring{
      loop_, options_, resources_, *loader_, lane_setup_, [this] { components_changed(); },
      [this] { subscribers_->declare(resources_.subscriptions); }, [this] { restart(); }});
  background_.spawn(reloader_->run(background_.ctx()));
  background_.spawn(lane_setup_.watch(background_.ctx()));
  background_.spawn(leftovers_.watch(background_.ctx()));
  background_.spawn(clock_file_.follow(background_.ctx()));
  auto stopped = co_await stop_.wait(Ctx::background());
  if (!stopped) co_return stopped.error();
  if (!restart_) co_await block_shutdown();
  co_return co_await stop();
}

void Hub::components_changed() {
  leftovers_.resources_changed();
  report_configuration();
}

Task<Status> Hub::start() {
  log::info(kScope, "Starting Dapr Runtime -- version " + std::string(kDaprVersion) +
                        " -- commit edgelane-" + std::string(kVersion));
  if (!options_.is_hub()) log::info(kScope, "app id: " + options_.app_id);
  log::info(kScope, "standalone mode configured");
  if (!options_.data_dir.empty()) {
    auto made = make_directories(options_.data_dir, kDataMode);
    if (!made) co_return made;
  }
  if (!options_.run_dir.empty()) {
    auto made = make_directories(options_.run_dir, kRunMode);
    if (!made) co_return made;
  }
  if (auto opened = open_metrics(); !opened) co_return opened;
  lane_setup_.look();
  lane_setup_.on_configured([this] { cloud_.set_lanes(names_of(lanes_.table())); });
  lane_setup_.on_moved(
      [this] { background_.spawn(configuration_.follow(background_.ctx(), &lanes_)); });
  clock_file_.read();
  loader_ = std::make_unique<ComponentsLoader>(LoaderTargets{loop_, files_, *services_, secrets_,
                                                             options_.data_dir, options_.app_id,
                                                             cloud_, secret_news_});
  auto loaded = co_await loader_->load(background_.ctx(), &resources_);
  if (!loaded) co_return loaded;
  auto defaults = co_await loader_->load_defaults(background_.ctx());
  if (!defaults) co_return defaults;
  auto lanes = co_await lane_setup_.open(background_.ctx(), &resources_);
  if (!lanes) co_return lanes;
  services_->lane_assignments = lane_setup_.assignments();
  builder_ = std::make_unique<AppsBuilder>(loop_, *services_);
  if (auto added = builder_->add_apps(resources_.apps); !added) co_return added;
  if (auto added = builder_->add_endpoints(resources_.http_endpoints); !added) co_return added;
  peers_ = std::make_unique<Peers>(loop_, *services_);
  if (auto added = peers_->add(resources_.peers); !added) co_return added;
  if (!options_.default_app.empty() && apps_.find(options_.default_app) == nullptr) {
    co_return Error{Code::kInvalidArgument,
                    "--default-app: no App resource has the id " + options_.default_app};
  }
  if (resources_.uplink) {
    auto opened = co_await open_uplink();
    if (!opened) co_return opened;
  }
  listeners_ = std::make_unique<Listeners>(loop_, *services_, options_);
  auto opened = listeners_->open(resources_.apps, stranger_rule(resources_.configuration));
  if (opened) find_other_apps();
  co_return opened;
}

void Hub::find_other_apps() {
  mdns::NodeSettings settings;
  settings.host_name = host_name();
  settings.process = ::getpid();
  settings.port = listeners_->internal_port();
  settings.listen_host = internal_host(options_);
  found_apps_ = find_apps(loop_, *services_, resources_, std::move(settings));
  if (!found_apps_) return;
  found_apps_->start(background_);
  invoker_->use(found_apps_.get());
}

// What waits for the cloud is read, so that apps can publish from the first; nobody waits for the
// network.
Task<Status> Hub::open_uplink() {
  uplink_ = std::make_unique<UplinkSetup>(
      UplinkWiring{loop_, files_, secrets_, apps_, lanes_, configuration_, secret_block_,
                   lane_setup_.store(), cloud_, options_.data_dir});
  auto opened = co_await uplink_->open(background_.ctx(), &*resources_.uplink);
  if (!opened) co_return opened;
  pubsub_.use(uplink_->outlet());
  services_->cloud = uplink_.get();
  services_->lane_assignments = &uplink_->assignments();
  lane_setup_.assign_through(uplink_->assignments());
  metrics_.cloud = std::make_unique<observe::CloudMetrics>(metrics_.registry);
  configuration_.on_generations([this] { report_configuration(); });
  report_configuration();
  co_return Status();
}

// Also that there are none: the cloud has what was said before.
void Hub::report_configuration() {
  if (uplink_) uplink_->report("cfg", blocks::generations_json(configuration_.generations()));
}

// A daprd ends where its port is taken; a hub goes on, as its apps need it more than its metrics.
Status Hub::open_metrics() {
  if (!options_.metrics) return {};
  metrics_server_ = std::make_unique<MetricsServer>(loop_, *services_, files_);
  const auto opened = metrics_server_->open(options_.metrics_listen_address, options_.metrics_port);
  if (opened) return {};
  const std::string problem = opened.error().message;
  const std::string remedy = "; choose another --metrics-port, or --enable-metrics=false";
  if (!options_.is_hub()) return Error{opened.error().code, problem + remedy};
  log::warn(kScope, "there are no metrics: " + problem + remedy);
  return {};
}

void Hub::announce() const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - began_);
  log::info(kScope, "dapr initialized. Status: Running. Init Elapsed " +
                        std::to_string(took.count()) + "ms");
}

void Hub::watch_apps() {
  background_.spawn(feed_watchdog(&loop_, background_.ctx(), &manager_));
  const auto own_lists =
      options_.asks_for_subscriptions ? blocks::OwnList::kFetched : blocks::OwnList::kSkipped;
  subscribers_ = std::make_unique<Subscribers>(pubsub_, background_, own_lists);
  subscribers_->declare(resources_.subscriptions);
  services_->subscriptions = [this](const std::string& app) { return subscribers_->active(app); };
  for (WatchedApp& watched : builder_->watched()) subscribers_->add(watched.app);
  subscribers_->start();
  peers_->watch(background_);
  for (WatchedApp& watched : builder_->watched()) {
    if (watched.health) listen_to_health(watched);
    background_.spawn(watch_app(&watched));
  }
}

void Hub::listen_to_health(WatchedApp& watched) {
  const blocks::App& app = watched.app;
  watched.health->on_change([this, &app](blocks::AppHealth health) { note_health(app, health); });
}

void Hub::note_health(const blocks::App& app, blocks::AppHealth health) {
  using Wanted = blocks::Subscriber::Wanted;
  const bool healthy = health == blocks::AppHealth::kHealthy;
  subscribers_->set_wanted(app, healthy ? Wanted::kYes : Wanted::kNo);
  if (healthy) return;
  unhealthy_.set();
  configuration_.note_unwell(app);
}

Task<void> Hub::watch_app(WatchedApp* watched) {
  const Ctx ctx = background_.ctx();
  co_await wait_for_app(&loop_, ctx, watched);
  // Who sees that the app is ready may publish to it. Where its health is asked for, it is ready
  // before. Source: wire reference §13.4.
  if (!watched->health) co_await subscribers_->open(ctx, &watched->app);
  if (ctx.cancelled()) co_return;
  watched->app.set_started();
  if (!options_.is_hub()) announce();
  if (watched->health) co_await watched->health->run(ctx);
}

Task<void> Hub::read_signals() {
  while (true) {
    auto number = co_await signals_.next(signal_reader_.ctx());
    if (!number) co_return;
    const std::string name = signal_name(*number);
    if (*number == SIGHUP) {
      if (auto opened = log::reopen(); !opened) log::warn(kScope, opened.error().message);
      log::info(kScope, "Received signal 'hangup'; reading the resources again");
      if (reloader_) reloader_->restart_by_signal();
      continue;
    }
    if (stop_.is_set() && !restart_) {
      log::warn(kScope, "Received signal '" + name + "' during shutdown; exiting immediately");
      ::_exit(1);
    }
    log::info(kScope, "Received signal '" + name + "'; beginning shutdown");
    restart_ = false;
    stop_.set();
  }
}

void Hub::stop_requested(api::ShutdownKind kind) {
  if (kind == api::ShutdownKind::kForced) {
    log::warn(kScope, "forced shutdown was asked for");
    background_.spawn(exit_soon(&loop_, background_.ctx()));
    return;
  }
  stop_.set();
}

void Hub::restart() {
  if (stop_.is_set()) return;
  restart_ = true;
  stop_.set();
}

// The API stays up for a while, or until an app says that it is going.
Task<void> Hub::block_shutdown() {
  if (options_.block_shutdown == Duration::zero()) co_return;
  log::info(kScope, "Blocking shutdown for " + format_duration(options_.block_shutdown) +
                        " or until the app reports unhealthy");
  co_await stop_subscribers();
  DeadlineScope limit(loop_, background_.ctx(), options_.block_shutdown);
  unhealthy_.reset();
  auto waited = co_await unhealthy_.wait(limit.ctx());
  log::info(kScope, waited ? "the app is unhealthy: going on" : "block-shutdown is over");
}

// What apps are working on may still need the API: it gets half of the time.
Task<void> Hub::stop_subscribers() {
  if (!subscribers_) co_return;
  DeadlineScope limit(loop_, Ctx::background(), options_.graceful_shutdown / 2);
  co_await subscribers_->stop(limit.ctx());
}

Task<int> Hub::stop() {
  log::info(kScope, "Dapr is shutting down");
  logs_.close();
  configuration_.end_streams();
  pubsub_.end_taps();
  manager_.tell(restart_ ? "RELOADING=1" : "STOPPING=1");
  DeadlineScope limit(loop_, Ctx::background(), options_.graceful_shutdown);
  if (found_apps_) found_apps_->say_goodbye();
  co_await stop_subscribers();
  co_await listeners_->stop(limit.ctx());
  const bool cut_off = limit.ctx().cancelled();
  co_await release();
  if (restart_) co_return 0;
  if (cut_off) {
    log::error(kScope, "requests were still under way after " +
                           format_duration(options_.graceful_shutdown) + " and were cut off");
    co_return 1;
  }
  log::info(kScope, "Dapr runtime stopped");
  log::info(kScope, "Daprd shutdown gracefully");
  co_return 0;
}

Task<void> Hub::release() {
  logs_.close();
  co_await background_.close();
  if (metrics_server_) co_await metrics_server_->stop();
  if (listeners_) co_await listeners_->stop(background_.ctx());
  if (peers_) co_await peers_->close();
  if (found_apps_) co_await found_apps_->close();
  if (builder_) co_await builder_->close();
  configuration_.on_generations({});
  if (uplink_) co_await uplink_->close();
  co_await secret_news_.close();
  co_await pubsub_.close();
  co_await state_.close(&loop_);
  co_await configuration_.close();
  co_await secret_block_.close(&loop_);
  co_await lane_setup_.close();
  co_await signal_reader_.close();
}

}  // namespace edge::daemon
