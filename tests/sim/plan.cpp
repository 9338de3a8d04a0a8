#include "tests/sim/plan.h"

namespace edge::sync::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Off in a third of the plans, so that what each does alone is seen as well.
Time sometimes(World& world, Time low, Time high) {
  return world.below(3) == 0 ? Time(0) : world.between(low, high);
}

void choose_limits(World& world, EngineOptions& options) {
  const bool tight = world.below(2) == 0;
  for (ClassLimits& limits : options.outbox.limits) {
    limits.max_rows = tight ? world.between(5, 60) : 100'000;
    limits.max_bytes = tight ? world.between(4'000, 40'000) : 10'000'000;
  }
  options.outbox.own_rows = tight ? 3 : 1000;
  options.outbox.own_bytes = tight ? 2'000 : 1'000'000;
  options.outbox.drain.per_second = static_cast<unsigned>(world.between(0, 60));
  options.outbox.drain.burst = static_cast<unsigned>(world.between(1, 20));
  options.outbox.max_streams = static_cast<std::size_t>(world.below(2) == 0 ? 4096 : 6);
  options.outbox.max_gaps = static_cast<std::size_t>(world.below(4) == 0 ? 3 : 4096);
  options.inbox.max_commands = static_cast<std::size_t>(world.below(4) == 0 ? 12 : 10'000);
  // Commands live for half an hour.
  options.inbox.keep_longest = std::chrono::hours(2);
  options.inbox.keep_endless = std::chrono::hours(26);
  options.link.backoff_cap = seconds(60);
}

}  // namespace

Plan plan_of(World& world) {
  Plan plan;
  plan.duration = world.between(minutes(5), minutes(30));
  plan.publish = world.between(milliseconds(500), seconds(8));
  plan.command = sometimes(world, seconds(5), seconds(60));
  plan.assignment = sometimes(world, minutes(1), minutes(8));
  plan.kill = sometimes(world, minutes(1), minutes(8));
  plan.power_cut = sometimes(world, minutes(1), minutes(8));
  plan.cut = sometimes(world, seconds(20), minutes(4));
  plan.partition = sometimes(world, minutes(1), minutes(6));
  plan.partition_length = world.between(seconds(5), minutes(6));
  plan.broker_crash = sometimes(world, minutes(2), minutes(10));
  plan.disk_full = sometimes(world, minutes(1), minutes(6));
  plan.clock_jump = sometimes(world, minutes(1), minutes(6));
  plan.repeated = static_cast<unsigned>(world.below(60));
  plan.ack_lost = static_cast<unsigned>(world.below(10));
  plan.commit_fails = static_cast<unsigned>(world.below(10));
  plan.starts_in_1970 = world.below(2) == 0;
  plan.delay = world.between(milliseconds(2), milliseconds(600));
  plan.disk_delay = world.between(milliseconds(1), milliseconds(60));
  plan.window = 1 + static_cast<std::size_t>(world.below(20));
  plan.sources = 1 + static_cast<std::size_t>(world.below(5));
  plan.burst = 1 + static_cast<std::size_t>(world.below(8));
  plan.audience = sometimes(world, seconds(20), minutes(4));
  plan.returned = static_cast<unsigned>(world.below(3) == 0 ? world.below(30) : 0);
  plan.move = world.below(3) == 0 ? world.between(seconds(15), minutes(4)) : Time(0);
  choose_limits(world, plan.engine);
  return plan;
}

}  // namespace edge::sync::sim
