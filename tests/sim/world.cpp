#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace edge::sync::sim {

void World::after(Time delay, std::function<void()> what) {
  steps_ahead_.push_back({now_ + std::max(delay, Time(0)), ++order_, std::move(what)});
  std::ranges::push_heap(steps_ahead_, Later{});
}

bool World::step() {
  if (steps_ahead_.empty()) return false;
  std::ranges::pop_heap(steps_ahead_, Later{});
  const Step step = std::move(steps_ahead_.back());
  steps_ahead_.pop_back();
  now_ = step.when;
  ++steps_;
  step.what();
  return true;
}

std::int64_t World::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low) + 1));
}

void World::note(std::string_view what, std::uint64_t number) noexcept {
  if (verbose_) {
    std::printf("%10.3f %.*s %llu\n", static_cast<double>(now_.count()) / 1000,
                static_cast<int>(what.size()), what.data(),
                static_cast<unsigned long long>(number));
  }
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  for (const char c : what) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * kPrime;
  hash_ = (hash_ ^ static_cast<std::uint64_t>(now_.count())) * kPrime;
  hash_ = (hash_ ^ number) * kPrime;
}

}  // namespace edge::sync::sim
