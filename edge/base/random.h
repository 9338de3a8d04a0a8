// Randomness as a dependency, so that a simulation can replay it from a seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "edge/base/time.h"

namespace edge {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
  std::uint64_t next_u64();
  // Uniform in [0, bound); bound must be over 0.
  std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator (getrandom), buffered; fit for ids and tokens.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

// A repeatable sequence from a seed: for tests and simulations, never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::uint64_t state_;
};

// A random UUID (version 4), lower-case with dashes. Source: RFC 9562 §5.4.
std::string uuid_v4(Random& random);
// One that begins with the time, so that ids compare as text about like their ages (version 7).
// Source: RFC 9562 §5.7.
std::string uuid_v7(Random& random, WallTime time);

}  // namespace edge
