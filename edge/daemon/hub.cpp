#include "edge/daemon/hub.h"

#include <csignal>
#include <unistd.h>

#include "edge/base/log.h"
#include "edge/base/version.h"
#include "edge/daemon/host.h"

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

}  // namespace

Hub::Hub(UvLoop& loop, const Options& options, Resources& resources)
    : loop_(loop),
      options_(options),
      resources_(resources),
      began_(loop.now()),
      signals_(loop, {SIGINT, SIGTERM, SIGHUP}),
      urls_(std::make_unique<api::UrlChannelCache>(loop, system_tls())),
      invoker_(std::make_unique<blocks::Invoker>(loop, apps_, *urls_)),
      services_(
          new api::Services{.loop = loop, .apps = apps_, .invoker = *invoker_, .state = state_}),
      stop_(loop),
      unhealthy_(loop),
      background_(loop, "hub") {
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
  if (options.is_hub()) return;
  services_->shutdown = [this](api::ShutdownKind kind) { stop_requested(kind); };
}

Hub::~Hub() = default;

Task<Result<int>> Hub::run() {
  background_.spawn(read_signals());
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
  reloader_ = std::make_unique<Reloader>(
      ReloaderWiring{loop_, options_, resources_, *loader_, [] {}, [this] { restart(); }});
  background_.spawn(reloader_->run(background_.ctx()));
  auto stopped = co_await stop_.wait(Ctx::background());
  if (!stopped) co_return stopped.error();
  if (!restart_) co_await block_shutdown();
  co_return co_await stop();
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
  loader_ = std::make_unique<ComponentsLoader>(
      LoaderTargets{loop_, files_, *services_, secrets_, options_.data_dir});
  auto loaded = co_await loader_->load(background_.ctx(), &resources_);
  if (!loaded) co_return loaded;
  auto defaults = co_await loader_->load_defaults(background_.ctx());
  if (!defaults) co_return defaults;
  builder_ = std::make_unique<AppsBuilder>(loop_, *services_);
  if (auto added = builder_->add_apps(resources_.apps); !added) co_return added;
  if (auto added = builder_->add_endpoints(resources_.http_endpoints); !added) co_return added;
  if (!options_.default_app.empty() && apps_.find(options_.default_app) == nullptr) {
    co_return Error{Code::kInvalidArgument,
                    "--default-app: no App resource has the id " + options_.default_app};
  }
  listeners_ = std::make_unique<Listeners>(loop_, *services_, options_);
  co_return listeners_->open(resources_.apps);
}

void Hub::announce() const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - began_);
  log::info(kScope, "dapr initialized. Status: Running. Init Elapsed " +
                        std::to_string(took.count()) + "ms");
}

void Hub::watch_apps() {
  background_.spawn(feed_watchdog(&loop_, background_.ctx(), &manager_));
  const auto note_health = [this](blocks::AppHealth health) {
    if (health == blocks::AppHealth::kUnhealthy) unhealthy_.set();
  };
  for (WatchedApp& watched : builder_->watched()) {
    if (watched.health) watched.health->on_change(note_health);
    background_.spawn(watch_app(&watched));
  }
}

Task<void> Hub::watch_app(WatchedApp* watched) {
  const Ctx ctx = background_.ctx();
  co_await wait_for_app(&loop_, ctx, watched);
  if (ctx.cancelled()) co_return;
  watched->app.set_started();
  if (!options_.is_hub()) announce();
  if (watched->health) co_await watched->health->run(ctx);
}

Task<void> Hub::read_signals() {
  while (true) {
    auto number = co_await signals_.next(background_.ctx());
    if (!number) co_return;
    const std::string name = signal_name(*number);
    if (*number == SIGHUP) {
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
  DeadlineScope limit(loop_, background_.ctx(), options_.block_shutdown);
  unhealthy_.reset();
  auto waited = co_await unhealthy_.wait(limit.ctx());
  log::info(kScope, waited ? "the app is unhealthy: going on" : "block-shutdown is over");
}

Task<int> Hub::stop() {
  log::info(kScope, "Dapr is shutting down");
  manager_.tell(restart_ ? "RELOADING=1" : "STOPPING=1");
  DeadlineScope limit(loop_, Ctx::background(), options_.graceful_shutdown);
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
  co_await background_.close();
  if (listeners_) co_await listeners_->stop(background_.ctx());
  co_await state_.close(&loop_);
  co_await secrets_.close();
}

}  // namespace edge::daemon
