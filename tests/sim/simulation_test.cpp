// The sync protocol keeps its promises, whatever a seed makes happen; and a simulation notices when
// one is broken.
#include "tests/sim/simulation.h"

#include <iostream>

#include <gtest/gtest.h>

namespace edge::sync::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Simulation, KeepsEveryPromiseWhateverHappens) {
  Outcome sum;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Outcome outcome = simulate(seed);
    EXPECT_EQ(outcome.violation, "")
        << "seed " << seed << "; see it again with: ./dev sim --seeds 1"
        << " --verbose --first-seed " << seed;
    sum.accepted += outcome.accepted;
    sum.received += outcome.received;
    sum.gaps += outcome.gaps;
    sum.commands += outcome.commands;
    sum.starts += outcome.starts;
  }
  // It went through what it is about.
  EXPECT_GT(sum.accepted, 50'000U);
  EXPECT_GT(sum.received, 50'000U);
  EXPECT_GT(sum.gaps, 1'000U);
  EXPECT_GT(sum.commands, 1'000U);
  EXPECT_GT(sum.starts, 600U);
}

TEST(Simulation, TheSameSeedGivesTheSameEvents) {
  for (const std::uint64_t seed : {7U, 42U, 1001U}) {
    const Outcome first = simulate(seed);
    const Outcome second = simulate(seed);
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_NE(first.hash, simulate(seed + 1).hash);
  }
}

// How many seeds it takes until a mistake is noticed; 0: it is not.
std::uint64_t seeds_until_noticed(Mistake mistake) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Outcome outcome = simulate(seed, mistake);
    if (outcome.violation.empty()) continue;
    std::cout << "noticed at seed " << seed << ": " << outcome.violation << "\n";
    return seed;
  }
  return 0;
}

TEST(Simulation, NoticesAnAnswerBeforeTheCommit) {
  EXPECT_NE(seeds_until_noticed(Mistake::kAnswerBeforeCommit), 0U);
}

TEST(Simulation, NoticesADeletionBeforeTheAcknowledgement) {
  EXPECT_NE(seeds_until_noticed(Mistake::kDeleteBeforeAck), 0U);
}

TEST(Simulation, NoticesALaneDecidedAtSending) {
  EXPECT_NE(seeds_until_noticed(Mistake::kReevaluateLane), 0U);
}

TEST(Simulation, NoticesACommitThatDoesNotWaitForTheDisk) {
  EXPECT_NE(seeds_until_noticed(Mistake::kSkipSync), 0U);
}

TEST(Simulation, NoticesANumberUsedTwice) {
  EXPECT_NE(seeds_until_noticed(Mistake::kReuseNumbers), 0U);
}

// A plan in which nothing goes wrong.
Plan quiet_plan() {
  Plan plan;
  plan.assignment = plan.kill = plan.power_cut = plan.cut = plan.partition = plan.broker_crash =
      Time(0);
  plan.command = Time(0);
  plan.repeated = plan.ack_lost = plan.commit_fails = 0;
  return plan;
}

TEST(Simulation, AMessageThatEndsEachConnectionIsSetAsideAndOthersGoOn) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed);
    Plan plan = quiet_plan();
    plan.poisonous = 20;
    plan.brief = false;
    plan.kill = seed % 2 == 0 ? minutes(5) : Time(0);
    const Outcome outcome = simulate(world, plan);
    EXPECT_EQ(outcome.violation, "") << "seed " << seed;
    EXPECT_GT(outcome.set_aside, 0U) << "seed " << seed;
    EXPECT_EQ(outcome.gaps, outcome.set_aside) << "seed " << seed;
    EXPECT_EQ(outcome.received + outcome.gaps, outcome.committed) << "seed " << seed;
  }
}

TEST(Simulation, NothingIsSetAsideForConnectionsThatBreakByThemselves) {
  World world(3);
  Plan plan = quiet_plan();
  plan.cut = seconds(10);
  plan.brief = false;
  const Outcome outcome = simulate(world, plan);
  EXPECT_EQ(outcome.violation, "");
  EXPECT_EQ(outcome.set_aside, 0U);
  EXPECT_EQ(outcome.received, outcome.committed);
}

TEST(Simulation, AHubThatIsMovedByHandIsInOneLane) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    Plan plan = plan_of(world);
    plan.move = minutes(1);
    EXPECT_EQ(simulate(world, plan).violation, "") << "seed " << seed;
  }
}

TEST(Simulation, FourHundredDaysOffline) {
  World world(400);
  Plan plan = quiet_plan();
  plan.duration = hours(24 * 400);
  plan.publish = minutes(15);
  plan.power_cut = hours(24 * 20);
  plan.starts_offline = true;
  plan.own_lanes = false;
  plan.engine.outbox.sweep = hours(6);
  plan.brief = false;
  plan.steps_between_checks = 100'000;
  for (ClassLimits& limits : plan.engine.outbox.limits) limits.max_rows = 5'000;
  const Outcome outcome = simulate(world, plan);
  EXPECT_EQ(outcome.violation, "");
  EXPECT_GT(outcome.accepted, 40'000U);
  EXPECT_GT(outcome.gaps, 20'000U);
  EXPECT_GT(outcome.received, 10'000U);
  // All that came while the hub was up is accounted for.
  EXPECT_EQ(outcome.received + outcome.gaps, outcome.committed);
  std::cout << outcome.accepted << " accepted, " << outcome.received << " received, "
            << outcome.gaps << " in gaps, " << outcome.starts << " starts, " << outcome.steps
            << " steps\n";
}

}  // namespace
}  // namespace edge::sync::sim
