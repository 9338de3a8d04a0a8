// Replica: a copy of what a source elsewhere holds, kept in memory and in a database file, so that
// it is there when the source is not.
//
// Whoever follows the source (a feed) brings whole states and steps; each is one transaction, and
// memory follows what is on the disk. Reading is from memory. It knows nothing of the source but
// the cursor, by which the feed goes on after a restart. One feed; all on the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/database.h"
#include "components/replica/replica_table.h"
#include "components/replica/values.h"

namespace edge::replica {

// What a step has changed.
using Applied = std::shared_ptr<const Step>;

class Replica {
 public:
  // `name` tells it from others in its file. `scope` says what of which source it holds: what was
  // taken over under another one is dropped.
  Replica(const components::Context& context, std::string name, std::string scope, Limits limits);

  // Reads what the file holds. Errors: of components::Database::open.
  Task<Status> open(Ctx ctx, std::string path);
  Task<void> close() { return database_.close(); }

  // Whether it has ever held a whole state of the source.
  [[nodiscard]] bool has_state() const noexcept { return has_state_; }
  // Whether the source may be followed from the cursor; else a whole state is needed first.
  [[nodiscard]] bool can_resume() const noexcept { return can_resume_; }
  [[nodiscard]] const Cursor& cursor() const noexcept { return cursor_; }
  [[nodiscard]] const Values& values() const noexcept { return values_; }
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

 private:
  [[nodiscard]] Differences differences_to(std::vector<Change> changes) const;
  [[nodiscard]] std::vector<Change> changes_to(const Values& all) const;
  // Nothing has changed yet. `all`: where the step leads, if it is a whole state.
  Task<Result<Applied>> go(Differences differences, Cursor cursor,
                           std::shared_ptr<const Values> all);
  Task<Status> commit(Applied step, std::shared_ptr<const Values> all);
  void take(const Step& step, std::size_t bytes);

  components::Context context_;
  Limits limits_;
  components::Database database_;
  std::shared_ptr<const ReplicaTable> table_;  // shared with work on the writer
  Values values_;
  std::size_t bytes_ = 0;  // of values_, as the limit counts
  Cursor cursor_;
  WallTime as_of_;
  TimePoint written_;  // when the file last learned of the cursor
  bool has_state_ = false;
  bool can_resume_ = false;
};

}  // namespace edge::replica
