// configuration.sqlite: the hub's own configuration, in revisions, with their history.
//
// Written through the file's one Writer and read from memory, which changes once the revision is
// on the disk. Writes follow each other. A store's rows are found by the component's name.
#pragma once

#include <memory>
#include <span>

#include "components/configuration/configuration.h"
#include "components/configuration/revision_table.h"
#include "components/configuration/subscribers.h"
#include "components/context.h"
#include "components/database.h"
#include "edge/loop/sync.h"

namespace edge::configuration {

struct SqliteOptions {
  std::string path;
  std::int64_t history = 0;
};

std::span<const components::Field<SqliteOptions>> sqlite_fields();

// What one store takes at most.
inline constexpr std::size_t kLongestKey = 1024;
inline constexpr std::size_t kLongestValue = std::size_t{1} << 20;
inline constexpr std::size_t kLongestNote = 1024;
inline constexpr std::size_t kMostChanges = 10'000;              // in a revision
inline constexpr std::size_t kMostBytes = std::size_t{8} << 20;  // keys and values, and 64 a key
inline constexpr std::size_t kMostHistoryBytes = 2 * kMostBytes;

class SqliteStore final : public Store, public EditableStore {
 public:
  explicit SqliteStore(const components::Context& context);

  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<Items>> get(Ctx ctx, std::vector<std::string> keys, Metadata metadata) override;
  Task<Result<SubscriptionId>> subscribe(Ctx ctx, std::vector<std::string> keys, Metadata metadata,
                                         Observer observer) override;
  Status unsubscribe(SubscriptionId id) override;

  [[nodiscard]] std::uint64_t revision() const override { return revision_; }
  Task<Result<Written>> write(Ctx ctx, std::vector<Change> changes, std::string note) override;
  Task<Result<std::vector<PastRevision>>> history(Ctx ctx, std::size_t limit) override;
  Task<Result<Written>> rollback(Ctx ctx, std::uint64_t revision) override;

 private:
  Task<Result<Written>> commit(std::vector<Change> changes, std::string note);
  Task<Result<Written>> restore(Ctx ctx, std::uint64_t revision);
  void apply(const NewRevision& written);
  [[nodiscard]] std::vector<Change> effective(std::vector<Change> changes) const;
  [[nodiscard]] Status check_room(const std::vector<Change>& changes) const;
  [[nodiscard]] Item item_of(const StoredValue& value) const;
  [[nodiscard]] Metadata freshness() const;

  components::Context context_;
  SqliteOptions options_;
  components::Database database_;
  std::shared_ptr<const RevisionTable> table_;  // shared with work on the writer
  StoredValues values_;
  std::size_t bytes_ = 0;  // of values_, as kMostBytes counts
  std::uint64_t revision_ = 0;
  Subscribers subscribers_;
  Semaphore writing_;
};

}  // namespace edge::configuration
