// A configuration store on a simulated loop, with calls that wait for their answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/all.h"
#include "edge/loop/sim_loop.h"

namespace edge::configuration {

// What a subscription was told, a call each.
using Told = std::vector<Items>;

// Opens at once; closes at the end of its life.
class RunningStore {
 public:
  RunningStore(const std::string& type, components::Metadata metadata);
  // Under another name, perhaps in a file that others use.
  RunningStore(SimLoop& loop, store::OpenFiles& files, const std::string& name,
               components::Metadata metadata);
  ~RunningStore();
  RunningStore(const RunningStore&) = delete;
  RunningStore& operator=(const RunningStore&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] SimLoop& loop() { return loop_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] EditableStore* editable() { return dynamic_cast<EditableStore*>(store_.get()); }

  Items get(std::vector<std::string> keys);
  // The text of a key's value; nothing where it is absent.
  std::optional<std::string> value(const std::string& key);
  SubscriptionId subscribe(std::vector<std::string> keys, Told* told);

  Result<Written> write(std::vector<Change> changes, const std::string& note = "");
  Result<Written> set(const std::string& key, const std::string& value);
  Result<Written> rollback(std::uint64_t revision);
  std::vector<PastRevision> history(std::size_t limit = 1000);

 private:
  std::unique_ptr<SimLoop> own_loop_;
  std::unique_ptr<store::OpenFiles> own_files_;
  SimLoop& loop_;
  std::unique_ptr<Store> store_;
  Status opened_;
};

}  // namespace edge::configuration
