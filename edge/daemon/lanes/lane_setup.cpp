#include "edge/daemon/lanes/lane_setup.h"

#include <algorithm>
#include <unistd.h>

#include "edge/base/log.h"
#include "edge/daemon/lanes/lane_table_maker.h"
#include "edge/daemon/resources/resolve.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "edge.lanes";
// A wall clock may be set meanwhile; what expires is noticed so much later at the most.
constexpr Duration kLongestPause = std::chrono::minutes(1);
constexpr Duration kShortestPause = std::chrono::milliseconds(1);

}  // namespace

LaneSetup::LaneSetup(Loop& loop, store::OpenFiles& files, SecretStores& secrets,
                     blocks::Lanes& lanes, const std::string& data_dir)
    : loop_(loop),
      lanes_(lanes),
      secrets_(secrets),
      path_(data_dir.empty() ? "" : data_dir + "/hub.db"),
      store_(loop, files, lanes, path_),
      configured_(loop) {}

void LaneSetup::look() {
  has_file_ = !path_.empty() && ::access(path_.c_str(), F_OK) == 0;
}

Task<Status> LaneSetup::open(Ctx ctx, Resources* resources) {
  resources_ = resources;
  if (has_file_) {
    auto opened = co_await store_.open(ctx);
    if (!opened) co_return opened;
  }
  auto configured = co_await configure(ctx, resources);
  const policy::LaneId assigned = lanes_.assigned();
  if (configured && !assigned.is_base() && lanes_.table().find_any(assigned) == nullptr) {
    log::warn(kScope, "the hub is assigned to a lane that no resource names: it is in the baseline",
              {{"lane", std::string(assigned.view())}});
  }
  co_return configured;
}

Task<Status> LaneSetup::configure(Ctx ctx, Resources* resources) {
  if (resources->lane_rules) {
    LaneRules& rules = *resources->lane_rules;
    auto filled = co_await secrets_.resolve(ctx, rules.secret_store, pending_secrets(rules));
    if (!filled) co_return filled;
  }
  put_in_force(*resources);
  configured_.set();
  co_return Status();
}

void LaneSetup::put_in_force(const Resources& resources) {
  const KnownTime now = known_time(loop_.wall_now());
  over_ = expiries_of(resources, now).over;
  lanes_.configure(make_lane_table(resources, now));
  if (on_configured_) on_configured_();
  store_.tell_assigned();
}

Task<void> LaneSetup::watch(Ctx ctx) {
  while (!ctx.cancelled()) {
    configured_.reset();
    co_await leave_expired_lane(ctx);
    const LaneExpiries all = expiries_of(*resources_, known_time(loop_.wall_now()));
    if (all.over != over_) {
      log::info(kScope, "a lane, or who is in it, has expired, or the clock was set",
                {{"expired", std::to_string(all.over)}});
      put_in_force(*resources_);
      continue;
    }
    const bool any = all.is_ahead || all.over > 0;
    Duration pause = kLongestPause;
    if (all.is_ahead) pause = std::clamp(all.next - loop_.wall_now(), kShortestPause, pause);
    DeadlineScope limit(loop_, ctx, pause);
    // What it finds is looked at anew.
    [[maybe_unused]] const auto waited = co_await configured_.wait(any ? limit.ctx() : ctx);
  }
}

// As somebody at the hub would: what waits for the cloud keeps the lane.
Task<void> LaneSetup::leave_expired_lane(Ctx ctx) {
  const policy::LaneSpec* spec = lanes_.table().find_any(lanes_.assigned());
  if (spec == nullptr || !spec->expired) co_return;
  const std::string lane(spec->id.view());
  blocks::LaneWish wish{.note = "the lane " + lane + " has expired"};
  auto left = co_await assignments_->assign(ctx, std::move(wish));
  if (left) {
    log::warn(kScope, "the lane of the hub has expired: it is in the baseline", {{"lane", lane}});
  } else if (!ctx.cancelled()) {
    log::error(kScope, "the lane of the hub has expired; it cannot be noted, and is tried again",
               {{"lane", lane}, {"error", left.error().message}});
  }
}

Task<void> LaneSetup::close() {
  co_await store_.close();
}

}  // namespace edge::daemon
