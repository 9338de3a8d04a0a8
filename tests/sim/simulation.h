// Simulation: the whole of it from one seed: cloud, broker, network, hub, disk and apps.
#pragma once

#include <string>

#include "tests/sim/plan.h"

namespace edge::sync::sim {

struct Outcome {
  std::string violation;   // "": every promise was kept
  std::uint64_t hash = 0;  // of all that happened
  std::uint64_t steps = 0;
  std::size_t accepted = 0;
  std::size_t committed = 0;  // those, and some whose answer was lost in a crash
  std::size_t received = 0;
  std::size_t set_aside = 0;  // messages for which the cloud ended each connection
  std::size_t gaps = 0;       // messages that the cloud knows from gap records alone
  std::size_t commands = 0;
  std::size_t starts = 0;
};

enum class Output : std::uint8_t { kQuiet, kVerbose };

Outcome simulate(std::uint64_t seed, Mistake mistake = Mistake::kNone,
                 Output output = Output::kQuiet);
// With a plan of one's own.
Outcome simulate(World& world, const Plan& plan);

}  // namespace edge::sync::sim
