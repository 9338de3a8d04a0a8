// World: simulated time, and the one source of chance. Everything that happens is a step.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "edge/base/random.h"
#include "sync/core/message.h"

namespace edge::sync::sim {

using Time = HubTime;  // since the simulation began

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] Time now() const noexcept { return now_; }
  void after(Time delay, std::function<void()> what);
  // Takes the next step; false where nothing is left to happen.
  bool step();
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

  Random& random() noexcept { return random_; }
  bool chance(unsigned per_mille) { return random_.below(1000) < per_mille; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  std::int64_t between(std::int64_t low, std::int64_t high);
  Time between(Time low, Time high) { return Time(between(low.count(), high.count())); }
  // On average `mean`.
  Time about(Time mean) { return between(Time(1), 2 * mean); }

  // What happened, for the hash by which two runs are compared.
  void note(std::string_view what, std::uint64_t number = 0) noexcept;
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  // Prints what is noted.
  void set_verbose() noexcept { verbose_ = true; }

 private:
  struct Step {
    Time when;
    std::uint64_t order = 0;
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const Step& a, const Step& b) const noexcept {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  Time now_{0};
  SeededRandom random_;
  std::vector<Step> steps_ahead_;  // a heap: the next one is first
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t hash_ = 14695981039346656037ULL;
  bool verbose_ = false;
};

}  // namespace edge::sync::sim
