// Generations: what a replica serves, and beside it the other of its two generations.
//
// What the source has is served, on probation first where there was something before; rolled back,
// what was there before is served until the source has something else again. No I/O: it plans
// steps, and takes them when they are on the disk.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "components/replica/guard.h"
#include "components/replica/step.h"

namespace edge::replica {

class Generations {
 public:
  // Apps that are well now; nothing: what comes needs no probation.
  using Witnesses = std::optional<std::set<std::string>>;

  // `source`: what the source had; `proven`: what of it was otherwise before.
  void load(Values source, Kept proven, Guard guard);

  [[nodiscard]] const Values& served() const noexcept { return served_; }
  [[nodiscard]] const Guard& guard() const noexcept { return guard_; }
  // Rises with each probation that begins.
  [[nodiscard]] std::uint64_t trial() const noexcept { return trial_; }
  // Of the source's: keys, and bytes as the limit counts.
  [[nodiscard]] std::size_t keys() const noexcept { return keys_; }

  // Of several changes of one key the last counts.
  [[nodiscard]] Differences differences_to(std::vector<Change> changes) const;
  [[nodiscard]] Differences differences_to(const Values& all) const;

  // Fills in what follows from the step's differences, cursor and time.
  void plan(Step& step, const Cursor& before, Witnesses witnesses) const;
  // What the source has is served and proven, whether it was on probation or withheld.
  void plan_proof(Step& step, WallTime now) const;
  // Legal on probation.
  void plan_rollback(Step& step, WallTime now, std::string reason) const;
  void plan_starts(Step& step, unsigned starts) const;
  void take(const Step& step);

 private:
  [[nodiscard]] bool is_rolled_back() const noexcept {
    return guard_.standing == Standing::kRolledBack;
  }
  [[nodiscard]] std::optional<Value> source_value(const std::string& key) const;
  [[nodiscard]] Values source() const;
  void count(Step& step) const;
  void plan_anew(Step& step, const Guard& guard) const;
  void plan_release(Step& step) const;
  [[nodiscard]] bool leads_back(const Step& step) const;
  void swap();
  void take_withheld(const Step& step);

  Values served_;
  Kept other_;  // what the generation that is not served has otherwise
  Guard guard_;
  std::uint64_t trial_ = 0;
  std::size_t keys_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace edge::replica
