#include "edge/daemon/metrics_server.h"

#include "edge/base/log.h"
#include "edge/observe/process.h"

namespace edge::daemon {
namespace {

constexpr http1::ServerLimits kLimits = {.connections = 16, .idle_time = std::chrono::minutes(2)};

template <class Number>
void set(observe::Family<observe::Gauge>& gauge, Number value) {
  gauge.with({}).set(static_cast<double>(value));
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

MetricsServer::MetricsServer(UvLoop& loop, const api::Services& services,
                             const store::OpenFiles& files)
    : loop_(loop), services_(services), files_(files) {}

Status MetricsServer::open(const std::string& address, std::uint16_t port) {
  auto listener = Listener::tcp(loop_, address, port);
  if (!listener) return listener.error().within("metrics");
  const Address bound{address, (*listener)->port(), ""};
  log::info("dapr.metrics", "metrics server started on " + bound.text() + "/");
  server_ = std::make_unique<http1::Server>(loop_, std::move(*listener), *this, kLimits);
  server_->start();
  return {};
}

Task<void> MetricsServer::stop() {
  if (!server_) co_return;
  CancelScope at_once;
  at_once.cancel();
  co_await server_->stop(at_once.ctx());
  server_.reset();
}

Task<void> MetricsServer::handle(Ctx ctx, http1::ServerExchange* exchange) {
  look_at_process();
  look_at_stores();
  look_at_apps();
  look_at_lanes();
  look_at_cloud();
  look_at_configuration();
  http1::Response response;
  response.headers = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
  const std::string text = services_.metrics->registry.text();
  auto sent = co_await exchange->reply(ctx, std::move(response), text);
  if (!sent) log::debug("dapr.metrics", "the reader is gone", {{"error", sent.error().message}});
}

void MetricsServer::look_at_process() {
  observe::ProcessMetrics& shown = services_.metrics->process;
  const observe::ProcessFigures figures = observe::process_figures();
  set(shown.resident, figures.resident_bytes);
  set(shown.our_resident, figures.resident_bytes);
  set(shown.virtual_size, figures.virtual_bytes);
  set(shown.open_fds, figures.open_fds);
  set(shown.our_open_fds, figures.open_fds);
  set(shown.max_fds, figures.max_fds);
  set(shown.cpu_seconds, figures.cpu_seconds);
  const Duration up = loop_.now() - services_.began;
  set(shown.uptime, seconds(up));
  set(shown.started, seconds(loop_.wall_now().time_since_epoch() - up));
}

void MetricsServer::look_at_stores() {
  observe::ProcessMetrics& shown = services_.metrics->process;
  const auto families = {&shown.store_jobs, &shown.store_failed, &shown.store_commits,
                         &shown.store_wal};
  for (auto* family : families) family->clear();
  files_.for_each([&shown](const std::string& path, const store::WriterStats& stats) {
    const auto show = [&path](observe::Family<observe::Gauge>& family, const auto& number) {
      const auto value = number.load(std::memory_order_relaxed);
      family.with({path}).set(static_cast<double>(value));
    };
    show(shown.store_jobs, stats.jobs);
    show(shown.store_failed, stats.failed_jobs);
    show(shown.store_commits, stats.commits);
    show(shown.store_wal, stats.wal_bytes);
  });
}

void MetricsServer::look_at_apps() {
  observe::ProcessMetrics& shown = services_.metrics->process;
  shown.app_healthy.clear();
  for (const auto& [id, app] : services_.apps.all()) {
    const bool healthy = app->started() && app->health() == blocks::AppHealth::kHealthy;
    shown.app_healthy.with({id}).set(healthy ? 1 : 0);
  }
}

void MetricsServer::look_at_lanes() {
  if (!services_.lanes.active()) return;
  observe::ProcessMetrics& shown = services_.metrics->process;
  const blocks::LaneCounters& counted = services_.lanes.counters;
  set(shown.lane_unknown, counted.unknown);
  set(shown.lane_fallbacks, counted.fallbacks);
  set(shown.lane_refused, counted.refused);
}

void MetricsServer::look_at_cloud() {
  observe::CloudMetrics* shown = services_.metrics->cloud.get();
  if (shown == nullptr || services_.cloud == nullptr) return;
  const blocks::CloudState state = services_.cloud->state();
  set(shown->online, state.online ? 1 : 0);
  set(shown->gaps, state.gaps);
  for (const blocks::CloudQueue& queue : state.queues) {
    shown->messages.with({queue.cls}).set(static_cast<double>(queue.messages));
    shown->bytes.with({queue.cls}).set(static_cast<double>(queue.bytes));
  }
  set(shown->accepted, state.counters.accepted);
  set(shown->acknowledged, state.counters.acknowledged);
  set(shown->given_up, state.counters.given_up);
  set(shown->commands, state.counters.commands);
  set(shown->connections, state.counters.connections);
  set(shown->unclaimed, state.counters.unclaimed);
  set(shown->returned, state.counters.returned);
}

void MetricsServer::look_at_configuration() {
  auto& shown = services_.metrics->configuration;
  const blocks::StoreGenerations stores = services_.configuration.generations();
  if (!shown && stores.empty()) return;
  if (!shown) {
    shown = std::make_unique<observe::ConfigurationMetrics>(services_.metrics->registry);
  }
  for (auto* family : {&shown->revision, &shown->on_probation, &shown->withheld, &shown->rollbacks,
                       &shown->refusals}) {
    family->clear();
  }
  for (const auto& [name, generations] : stores) {
    for (const configuration::Generation& one : generations) {
      shown->revision.with({name, one.layer}).set(static_cast<double>(one.served));
      shown->on_probation.with({name, one.layer}).set(one.is_on_probation() ? 1 : 0);
      shown->withheld.with({name, one.layer}).set(one.withheld.empty() ? 0 : 1);
      shown->rollbacks.with({name, one.layer}).set(static_cast<double>(one.rollbacks));
      shown->refusals.with({name, one.layer}).set(static_cast<double>(one.refusals));
    }
  }
}

}  // namespace edge::daemon
