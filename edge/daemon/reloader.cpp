#include "edge/daemon/reloader.h"

#include <algorithm>

#include "edge/base/log.h"
#include "edge/daemon/load.h"
#include "edge/loop/path_watcher.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "dapr.runtime.hotreload";
// Editors and installers write a file in several steps.
constexpr Duration kQuiet = std::chrono::milliseconds(150);

const Component* find(const std::vector<Component>& components, std::string_view name) {
  const auto found = std::ranges::find(components, name, &Component::name);
  return found == components.end() ? nullptr : &*found;
}

bool same(const std::vector<Subscription>& left, const std::vector<Subscription>& right) {
  return std::ranges::equal(left, right, {}, &Subscription::fingerprint,
                            &Subscription::fingerprint);
}

// Until nothing has changed for a moment.
Task<void> wait_for_quiet(UvLoop* loop, Ctx ctx, PathWatcher* watcher) {
  while (!ctx.cancelled()) {
    DeadlineScope quiet(*loop, ctx, kQuiet);
    auto changed = co_await watcher->next(quiet.ctx());
    if (!changed) co_return;
  }
}

}  // namespace

Task<void> Reloader::run(Ctx ctx) {
  PathWatcher watcher(to_.loop, resource_paths(to_.options));
  while (true) {
    DeadlineScope limit(to_.loop, ctx, to_.options.reconcile_interval);
    auto changed = co_await watcher.next(limit.ctx());
    if (ctx.cancelled()) co_return;
    if (changed) co_await wait_for_quiet(&to_.loop, ctx, &watcher);
    if (ctx.cancelled()) co_return;
    co_await reload(ctx);
  }
}

void Reloader::restart_by_signal() {
  auto fresh = load_everything(to_.options);
  if (fresh) {
    to_.restart();
    return;
  }
  log::error(kScope, "the resources cannot be read: what runs goes on",
             {{"error", fresh.error().message}});
}

Task<void> Reloader::reload(Ctx ctx) {
  auto fresh = load_everything(to_.options);
  if (!fresh) {
    log::error(kScope, "the resources have changed and cannot be read: what runs goes on",
               {{"error", fresh.error().message}});
    co_return;
  }
  if (fresh->fixed_fingerprint != to_.resources.fixed_fingerprint) {
    log::info(kScope, "apps, endpoints or configurations have changed: starting again");
    to_.restart();
    co_return;
  }
  co_await bring_up(ctx, &*fresh);
}

Task<void> Reloader::bring_up(Ctx ctx, Resources* fresh) {
  std::vector<Component> old = std::move(to_.resources.components);
  to_.resources.components = std::move(fresh->components);
  std::vector<Component*> added;
  for (Component& now : to_.resources.components) {
    const Component* before = find(old, now.name);
    if (before == nullptr || before->fingerprint != now.fingerprint) added.push_back(&now);
  }
  for (const Component& before : old) {
    const Component* now = find(to_.resources.components, before.name);
    if (now != nullptr && now->fingerprint == before.fingerprint) continue;
    log::info(kScope, now == nullptr ? "component removed" : "component changed",
              {{"component", before.name}, {"type", before.type}});
    co_await to_.loader.remove(&before);
  }
  const bool any = !added.empty() || old.size() != to_.resources.components.size();
  co_await to_.loader.add(ctx, std::move(added), &to_.resources.configuration);
  if (any) to_.components_changed();
  if (to_.resources.lanes_fingerprint != fresh->lanes_fingerprint) {
    co_await bring_up_lanes(ctx, fresh);
  }
  if (same(to_.resources.subscriptions, fresh->subscriptions)) co_return;
  to_.resources.subscriptions = std::move(fresh->subscriptions);
  log::info(kScope, "subscriptions changed");
  to_.subscriptions_changed();
}

// The apps are as they were: they, too, name lanes.
Task<void> Reloader::bring_up_lanes(Ctx ctx, Resources* fresh) {
  auto configured = co_await to_.lanes.configure(ctx, fresh);
  if (!configured) {
    log::error(kScope, "the lanes have changed and cannot be used: those that were go on",
               {{"error", configured.error().message}});
    co_return;
  }
  to_.resources.lanes = std::move(fresh->lanes);
  to_.resources.lane_rules = std::move(fresh->lane_rules);
  to_.resources.lanes_fingerprint = fresh->lanes_fingerprint;
  log::info(kScope, "lanes changed");
}

}  // namespace edge::daemon
