// state.sqlite: values in an SQLite file with Dapr's schema, durable when answered.
//
// Writes go through the file's one Writer and are answered after its commit. Reads run on the loop
// through a connection of their own, a few microseconds each; without a write-ahead log, where a
// reader would have to wait for the writer, they run on the writer's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "components/context.h"
#include "components/database.h"
#include "components/state/sqlite_options.h"
#include "components/state/sqlite_table.h"
#include "components/state/state.h"
#include "edge/loop/sync.h"
#include "edge/loop/task_group.h"

namespace edge::state {

class SqliteStore final : public Store, public KeyedStore {
 public:
  explicit SqliteStore(const components::Context& context);

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<std::vector<Item>>> get(Ctx ctx, std::vector<std::string> keys) override;
  Task<Result<std::vector<KeyError>>> apply(Ctx ctx, std::vector<Operation> operations) override;
  Task<Status> transact(Ctx ctx, std::vector<Operation> operations) override;
  Task<Result<std::size_t>> delete_with_prefix(Ctx ctx, std::string prefix) override;
  Task<Result<KeysPage>> keys_like(Ctx ctx, std::string pattern, std::size_t page_size,
                                   std::string continuation_token) override;

 private:
  template <class T>
  Task<Result<T>> on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work,
                            std::size_t size_bytes);
  template <class T>
  Task<Result<T>> on_reader(Ctx ctx, std::function<Result<T>(store::Db&)> work);
  Task<void> clean_up(Ctx ctx);
  Task<void> end_reads(Ctx ctx);
  Result<std::vector<Item>> read_one(const std::string& key);
  Result<RowWrite> row_of(Operation& operation) const;
  Result<RowWrite> row_of(SetRequest& request) const;
  Result<RowWrite> row_of(DeleteRequest& request) const;
  [[nodiscard]] const std::string& now() { return clock_.text(context_.loop.wall_now()); }

  components::Context context_;
  SqliteOptions options_;
  std::shared_ptr<const SqliteTable> table_;  // shared with work that outlives its caller
  TableClock clock_;
  components::Database database_;
  Event has_read_;
  TaskGroup background_;
};

}  // namespace edge::state
