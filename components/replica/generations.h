// Generations: what a replica serves, and beside it the other of its two generations.
//
// What the source has is served, on probation first where there was something before; rolled back,
// what was there before is served until the source has something else again. No I/O: it plans
// steps, and takes them when they are on the disk.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "components/replica/guard.h"
#include "components/replica/step.h"

namespace edge::replica {

class Generations {
 public:
  // Apps that are well now; nothing: what comes needs no probation.
  using Witnesses = std::optional<std::set<std::string>>;
  // What is accepted with what the source would have. Errors: why it is refused.
  using Check = std::function<Result<Issues>(const Values& next, const Issues& accepted)>;

  void check_by(Check check) { check_ = std::move(check); }
  [[nodiscard]] bool checks() const noexcept { return check_ != nullptr; }
  // Manifests are no items: another one with the same items needs no probation, and frees nothing
  // that is withheld.
  void set_manifests_aside() noexcept { manifests_aside_ = true; }
  // `source`: what the source had; `proven`: what of it was otherwise before.
  void load(Values source, Kept proven, Guard guard);

  [[nodiscard]] const Values& served() const noexcept { return served_; }
  [[nodiscard]] const Guard& guard() const noexcept { return guard_; }
  // Rises with each probation that begins.
  [[nodiscard]] std::uint64_t trial() const noexcept { return trial_; }
  // Of the source's: keys, and bytes as the limit counts.
  [[nodiscard]] std::size_t keys() const noexcept { return keys_; }

  [[nodiscard]] std::optional<Value> source_value(const std::string& key) const;
  // What the source would have with these keys in place of those that begin so. One that has the
  // same text keeps its revision.
  [[nodiscard]] Values source_with(std::string_view prefix, Values part) const;

  // Of several changes of one key the last counts.
  [[nodiscard]] Differences differences_to(std::vector<Change> changes) const;
  [[nodiscard]] Differences differences_to(const Values& all) const;

  // Fills in what follows from the step's differences, cursor and time.
  void plan(Step& step, const Cursor& before, Witnesses witnesses) const;
  // What the source has is served and proven, whether it was on probation or withheld; these apps
  // are well with it.
  void plan_proof(Step& step, WallTime now, std::set<std::string> well) const;
  // Legal on probation.
  void plan_rollback(Step& step, WallTime now, std::string reason) const;
  void plan_starts(Step& step, unsigned starts) const;
  void take(const Step& step);

 private:
  [[nodiscard]] Values source() const;
  [[nodiscard]] Values source_after(const Step& step) const;
  // Proven, with the witnesses that it had.
  [[nodiscard]] Guard proven(WallTime now, Issues accepted) const;
  void keep(Step& step) const;
  void plan_taken(Step& step, const Cursor& before, Witnesses witnesses, Issues accepted) const;
  void plan_refused(Step& step, const Cursor& before, std::string reason) const;
  void count(Step& step) const;
  void plan_release(Step& step, Guard guard) const;
  void see_proven(Step& step) const;
  [[nodiscard]] bool leads_back(const Step& step) const;
  [[nodiscard]] bool changes_items(const Differences& differences) const;
  [[nodiscard]] std::string digest_of_items(Values values) const;
  void swap();
  void take_withheld(const Step& step);

  Check check_;
  bool manifests_aside_ = false;
  Values served_;
  Kept other_;  // what the generation that is not served has otherwise
  Guard guard_;
  std::uint64_t trial_ = 0;
  std::size_t keys_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace edge::replica
