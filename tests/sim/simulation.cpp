#include "tests/sim/simulation.h"

#include "tests/sim/hub.h"

namespace edge::sync::sim {
namespace {

constexpr Time kMostDraining = std::chrono::hours(6);
constexpr Time kQuiet = std::chrono::hours(28);  // more than a command is kept
constexpr std::uint64_t kRarely = 100'000;

bool run_until(World& world, Account& account, std::uint64_t steps_between_checks,
               const std::function<bool()>& done) {
  while (account.violation().empty() && !done()) {
    if (!world.step()) return false;
    if (world.steps() % steps_between_checks == 0) account.check_all();
  }
  return true;
}

// Where nothing happens any more, what is kept of commands goes.
void be_quiet(World& world, const Hub& hub, Account& account) {
  const Time limit = world.now() + kQuiet;
  run_until(world, account, kRarely,
            [&] { return world.now() >= limit || hub.has_forgotten_commands(); });
  if (!hub.has_forgotten_commands()) account.violate("a command that is long over is still kept");
}

}  // namespace

Outcome simulate(World& world, const Plan& plan) {
  Disk disk(plan.mistake == Mistake::kSkipSync ? Syncing::kNever : Syncing::kEachCommit);
  Account account(disk);
  Cloud cloud(world, plan, account);
  Hub hub(world, plan, account, cloud, disk);
  hub.start();
  cloud.start();
  run_until(world, account, plan.steps_between_checks,
            [&] { return world.now() >= plan.duration; });
  world.note("calm");
  hub.calm_down();
  cloud.calm_down();
  const Time limit = world.now() + kMostDraining;
  run_until(world, account, plan.steps_between_checks, [&] {
    return world.now() >= limit || (hub.is_drained() && hub.has_one_lane() && cloud.is_content());
  });
  if (world.now() >= limit) account.violate("what waits is never done");
  account.check_end();
  if (!hub.has_one_lane()) account.violate("the hub and the engine are in two lanes");
  be_quiet(world, hub, account);
  return {.violation = account.violation(),
          .hash = world.hash(),
          .steps = world.steps(),
          .accepted = account.accepted_count(),
          .committed = account.committed_count(),
          .received = account.received_count(),
          .set_aside = account.set_aside_count(),
          .gaps = account.gap_count(),
          .commands = cloud.answered(),
          .starts = hub.starts()};
}

Outcome simulate(std::uint64_t seed, Mistake mistake, Output output) {
  World world(seed);
  if (output == Output::kVerbose) world.set_verbose();
  Plan plan = plan_of(world);
  plan.mistake = mistake;
  return simulate(world, plan);
}

}  // namespace edge::sync::sim
