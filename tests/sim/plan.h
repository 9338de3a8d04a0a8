// Plan: what a seed makes of a simulation: how often what goes wrong, and how tight the limits are.
#pragma once

#include "sync/core/engine.h"
#include "tests/sim/world.h"

namespace edge::sync::sim {

// Mistakes that an implementation could make, to see that they are noticed. They are made by the
// simulated store and uplink, around an engine that is sound.
enum class Mistake : std::uint8_t {
  kNone,
  kAnswerBeforeCommit,  // the store says "committed" before it has begun
  kDeleteBeforeAck,     // the uplink takes a message for acknowledged when it has sent it
  kReevaluateLane,      // the uplink asks for the hub's lane when it sends
  kSkipSync,            // the store does not wait for the disk
  kReuseNumbers,        // the store forgets the epoch
};

struct Plan {
  Time duration = std::chrono::minutes(20);
  // Between two; 0: never.
  Time publish = std::chrono::seconds(2);
  Time command = std::chrono::seconds(20);
  Time assignment = std::chrono::minutes(5);
  Time kill = std::chrono::minutes(6);
  Time power_cut = std::chrono::minutes(6);
  Time cut = std::chrono::minutes(2);
  Time partition = std::chrono::minutes(5);
  Time partition_length = std::chrono::minutes(2);
  Time broker_crash = std::chrono::minutes(10);
  Time disk_full = Time(0);
  Time clock_jump = Time(0);
  // Of a thousand.
  unsigned repeated = 20;
  unsigned ack_lost = 2;
  unsigned commit_fails = 2;
  Time move = Time(0);      // somebody at the hub moves it to another lane
  Time audience = Time(0);  // who takes what goes to a lane comes or goes
  unsigned returned = 0;    // of a thousand: taken later
  unsigned poisonous = 0;   // messages for which the broker ends each connection
  bool starts_in_1970 = false;
  bool starts_offline = false;  // until the trouble is over
  Time delay = std::chrono::milliseconds(80);
  Time disk_delay = std::chrono::milliseconds(5);
  std::size_t window = 16;
  std::size_t sources = 4;
  bool brief = true;                        // some messages expire
  bool own_lanes = true;                    // some messages come with a lane
  std::size_t burst = 4;                    // messages at once, at most
  std::uint64_t steps_between_checks = 64;  // of all that was accepted
  Mistake mistake = Mistake::kNone;
  EngineOptions engine;
};

// The plan of a seed; each has its own mix.
Plan plan_of(World& world);

}  // namespace edge::sync::sim
