// A state store on a simulated loop, with calls that wait for their answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/all.h"
#include "edge/loop/sim_loop.h"

namespace edge::state {

// Opens at once; closes at the end of its life.
class RunningStore {
 public:
  RunningStore(const std::string& type, components::Metadata metadata);
  RunningStore(SimLoop& loop, store::OpenFiles& files, const std::string& type,
               components::Metadata metadata);
  ~RunningStore();
  RunningStore(const RunningStore&) = delete;
  RunningStore& operator=(const RunningStore&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] SimLoop& loop() { return loop_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] KeyedStore* keyed() { return dynamic_cast<KeyedStore*>(store_.get()); }

  Result<std::vector<Item>> get_all(std::vector<std::string> keys);
  Item get(const std::string& key);
  // The text of a key's value; nothing where it is absent.
  std::optional<std::string> value(const std::string& key);
  Result<std::vector<KeyError>> apply(std::vector<Operation> operations);
  // The outcome of one operation by itself.
  Status apply_one(Operation operation);
  Status set(const std::string& key, const std::string& value, Metadata metadata = {});
  Status remove(const std::string& key, std::optional<std::string> etag = {});
  Status transact(std::vector<Operation> operations);
  Result<std::size_t> delete_with_prefix(const std::string& prefix);
  Result<KeyedStore::KeysPage> keys_like(const std::string& pattern, std::size_t page_size = 0,
                                         const std::string& token = "");

 private:
  std::unique_ptr<SimLoop> own_loop_;
  std::unique_ptr<store::OpenFiles> own_files_;
  SimLoop& loop_;
  std::unique_ptr<Store> store_;
  Status opened_;
};

}  // namespace edge::state
