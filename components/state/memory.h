// state.in-memory: values in the process's memory, lost at its end.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "components/context.h"
#include "components/state/state.h"

namespace edge::state {

// Ordered by key, so that prefixes and pages are ranges. Source: wire reference §14.2.
class MemoryStore final : public Store, public KeyedStore {
 public:
  explicit MemoryStore(const components::Context& context);

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<std::vector<Item>>> get(Ctx ctx, std::vector<std::string> keys) override;
  Task<Result<std::vector<KeyError>>> apply(Ctx ctx, std::vector<Operation> operations) override;
  Task<Status> transact(Ctx ctx, std::vector<Operation> operations) override;
  Task<Result<std::size_t>> delete_with_prefix(Ctx ctx, std::string prefix) override;
  Task<Result<KeysPage>> keys_like(Ctx ctx, std::string pattern, std::size_t page_size,
                                   std::string continuation_token) override;

  // How many keys are held, expired ones included.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string value;
    ValueKind kind = ValueKind::kJson;
    std::string etag;
    TimePoint expires = TimePoint::max();
    WallTime expires_wall;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  // What a transaction puts back when it fails; no entry where the key was absent.
  using Undo = std::vector<std::pair<std::string, std::optional<Entry>>>;

  // Removes what has expired, as long as anything that expires is held.
  class Sweeper final : public Timer {
   public:
    explicit Sweeper(MemoryStore& store) : Timer(store.loop_), store_(store) {}

   private:
    void expired() noexcept override { store_.sweep(); }
    MemoryStore& store_;
  };

  Entry* find(std::string_view key);
  Status check(const std::string& key, const std::optional<std::string>& etag,
               Concurrency concurrency);
  Status run(SetRequest& request);
  Status run(DeleteRequest& request);
  Status run(Operation& operation, Undo* undo);
  void put_back(Undo& undo);
  void sweep() noexcept;

  Loop& loop_;
  Entries entries_;
  Sweeper sweeper_;
};

}  // namespace edge::state
