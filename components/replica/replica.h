// Replica: a copy of what a source elsewhere holds, kept in memory and in a database file, so that
// it is there when the source is not.
//
// Whoever follows the source (a feed) brings whole states and steps; each is one transaction, and
// memory follows what is on the disk. Reading is from memory. It knows nothing of the source but
// the cursor, by which the feed goes on after a restart. Of what it takes over it may keep the
// generation before, to go back to (generations.h). One feed, one probation; all on the loop.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "components/context.h"
#include "components/database.h"
#include "components/replica/generations.h"
#include "components/replica/replica_table.h"
#include "components/replica/values.h"
#include "edge/loop/sync.h"

namespace edge::replica {

// What a step has changed.
using Applied = std::shared_ptr<const Step>;

class Replica {
 public:
  // After so many starts on probation, each after an end that was none of ours, it rolls back.
  static constexpr unsigned kMostStarts = 3;
  // So long after it was opened apps may still be on their way up: who was well when the last
  // revision was proven is taken to be so.
  static constexpr Duration kStartUp = std::chrono::minutes(1);
  // `name` tells it from others in its file. `scope` says what of which source it holds: what was
  // taken over under another one is dropped.
  Replica(const components::Context& context, std::string name, std::string scope, Limits limits);

  // What is taken over is on probation first. Before open(); without it, what a file holds on
  // probation or withheld is proven by opening.
  void put_on_probation(Health health) { health_ = std::move(health); }

  // As Generations has it. Before open().
  void set_manifests_aside() noexcept { generations_.set_manifests_aside(); }
  // What is not as its signer says is withheld. Before open().
  void check_by(Generations::Check check) { generations_.check_by(std::move(check)); }

  // Reads what the file holds. Errors: of components::Database::open.
  Task<Status> open(Ctx ctx, std::string path);
  Task<void> close();

  // Whether it has ever held a whole state of the source that it may serve.
  [[nodiscard]] bool has_state() const noexcept {
    return has_state_ && !(guard().standing == Standing::kRefused && values().empty());
  }
  // Whether the source may be followed from the cursor; else a whole state is needed first.
  [[nodiscard]] bool can_resume() const noexcept { return can_resume_; }
  [[nodiscard]] const Cursor& cursor() const noexcept { return cursor_; }
  // What is served: the source's, or what was proven before where that is withheld.
  [[nodiscard]] const Values& values() const noexcept { return generations_.served(); }
  // What the source has, whether that is served or not.
  [[nodiscard]] std::optional<Value> source_value(const std::string& key) const {
    return generations_.source_value(key);
  }
  // As Generations has it.
  [[nodiscard]] Values source_with(std::string_view prefix, Values part) const {
    return generations_.source_with(prefix, std::move(part));
  }
  // How many keys the source has.
  [[nodiscard]] std::size_t source_keys() const noexcept { return generations_.keys(); }
  [[nodiscard]] const Guard& guard() const noexcept { return generations_.guard(); }
  // Rises with each probation that begins.
  [[nodiscard]] std::uint64_t trial() const noexcept { return generations_.trial(); }
  // When the source was last known to be as this is.
  [[nodiscard]] WallTime as_of() const noexcept { return as_of_; }
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

  // The whole state of the source at a cursor. What is other than before is durable when answered.
  // Errors: kResourceExhausted, naming the limit; the file's. Nothing has changed then.
  Task<Result<Applied>> replace(Values all, Cursor cursor);
  // What followed on the cursor, up to a later one. Errors: as replace().
  Task<Result<Applied>> apply(std::vector<Change> changes, Cursor cursor);
  // The source is still as this is, at a later cursor. The file learns of it once an hour.
  Task<void> confirm(Cursor cursor);

  // What is on probation since `trial` began stays. Errors: kAborted, it is over; the file's.
  Task<Result<Applied>> prove(std::uint64_t trial);
  // What is on probation since `trial` began is withheld, and what was proven before is served.
  // Errors: as prove().
  Task<Result<Applied>> roll_back(std::uint64_t trial, std::string reason);

 private:
  using Plan = std::function<void(Step& step)>;
  using Write = std::function<Status(store::Db& db)>;

  [[nodiscard]] std::shared_ptr<Step> begin(Cursor cursor) const;
  // `all`: where the step leads, if it is a whole state.
  Task<Result<Applied>> take_over(Differences differences, Cursor cursor,
                                  std::shared_ptr<const Values> all);
  Task<Result<Applied>> end_trial(std::uint64_t trial, Plan plan);
  [[nodiscard]] Generations::Witnesses witnesses() const;
  Task<Status> note_start();
  Task<Status> commit(Applied step, std::shared_ptr<const Values> all);
  Task<Status> commit_guard(Applied step);
  Task<Status> run(Write write, std::size_t size);

  components::Context context_;
  Limits limits_;
  std::optional<Health> health_;
  components::Database database_;
  std::shared_ptr<const ReplicaTable> table_;  // shared with work on the writer
  Generations generations_;
  Cursor cursor_;
  WallTime as_of_;
  TimePoint opened_;
  TimePoint written_;  // when the file last learned of the cursor
  bool has_state_ = false;
  bool can_resume_ = false;
  Semaphore one_at_a_time_;
};

}  // namespace edge::replica
