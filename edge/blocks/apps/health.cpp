#include "edge/blocks/apps/health.h"

#include "edge/base/log.h"

namespace edge::blocks {

HealthWatch::HealthWatch(Loop& loop, App& app, HealthProbe& probe, HealthSettings settings)
    : loop_(loop), app_(app), probe_(probe), settings_(settings) {
  app_.set_health(AppHealth::kUnhealthy);
}

Task<void> HealthWatch::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    const TimePoint next = loop_.now() + settings_.interval;
    const auto result = co_await probe_once(ctx);
    if (ctx.cancelled()) co_return;
    note(result);
    auto slept = co_await sleep_for(loop_, ctx, next - loop_.now());
    if (!slept) co_return;
  }
}

Task<Status> HealthWatch::probe_once(Ctx ctx) {
  DeadlineScope limit(loop_, ctx, settings_.timeout);
  co_return co_await probe_.probe(limit.ctx());
}

void HealthWatch::note(const Status& result) {
  const AppHealth before = app_.health();
  if (result) {
    failures_ = 0;
    ++successes_;
    if (was_healthy_ && successes_ < settings_.recovery) return;
    was_healthy_ = true;
    app_.set_health(AppHealth::kHealthy);
  } else {
    successes_ = 0;
    if (++failures_ >= settings_.threshold) app_.set_health(AppHealth::kUnhealthy);
  }
  if (app_.health() == before) return;
  if (result) {
    log::info("edge.health", "app is healthy", {{"app", app_.id()}});
  } else {
    log::warn("edge.health", "app is unhealthy",
              {{"app", app_.id()}, {"error", result.error().message}});
  }
  if (observer_) observer_(app_.health());
}

}  // namespace edge::blocks
