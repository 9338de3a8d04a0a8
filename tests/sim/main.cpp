// Runs simulations of many seeds, and prints those that fail.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/sim/simulation.h"

namespace {

using edge::sync::sim::Mistake;
using edge::sync::sim::Outcome;
using edge::sync::sim::Output;

struct Arguments {
  std::uint64_t seeds = 200;
  std::uint64_t first = 1;
  Mistake mistake = Mistake::kNone;
  Output output = Output::kQuiet;
};

int usage() {
  std::fputs(
      "usage: edgelane_sim [--seeds N] [--first-seed N] [--verbose]\n"
      "                    [--mistake 1..5]   a mistake that must be noticed\n",
      stderr);
  return 2;
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      arguments.output = Output::kVerbose;
      continue;
    }
    if (i + 1 == argc) return false;
    const auto value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seeds") {
      arguments.seeds = value;
    } else if (name == "--first-seed") {
      arguments.first = value;
    } else if (name == "--mistake" && value <= 5) {
      arguments.mistake = static_cast<Mistake>(value);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) return usage();
  Outcome sum;
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const std::uint64_t seed = arguments.first + i;
    const Outcome outcome = edge::sync::sim::simulate(seed, arguments.mistake, arguments.output);
    sum.steps += outcome.steps;
    sum.accepted += outcome.accepted;
    sum.received += outcome.received;
    sum.gaps += outcome.gaps;
    sum.commands += outcome.commands;
    sum.starts += outcome.starts;
    if (arguments.seeds == 1) {
      std::printf("hash %016llx\n", static_cast<unsigned long long>(outcome.hash));
    }
    if (outcome.violation.empty()) continue;
    ++failed;
    std::printf("seed %llu failed: %s\n", static_cast<unsigned long long>(seed),
                outcome.violation.c_str());
    std::fflush(stdout);
  }
  std::printf(
      "%llu seeds, %llu failed; %llu steps, %zu starts; %zu messages accepted, "
      "%zu received, %zu in gaps; %zu commands answered\n",
      static_cast<unsigned long long>(arguments.seeds), static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(sum.steps), sum.starts, sum.accepted, sum.received, sum.gaps,
      sum.commands);
  return failed == 0 ? 0 : 1;
}
