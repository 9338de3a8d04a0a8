// A configuration store on a loop, with calls that wait for their answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/all.h"
#include "edge/loop/loop.h"
#include "tests/components/configuration/fake_cloud.h"

namespace edge::configuration {

// What a subscription was told, a call each.
using Told = std::vector<Items>;

// Opens at once; closes at the end of its life.
class RunningStore {
 public:
  // On a simulated loop, but for a store that needs a network.
  RunningStore(const std::string& type, components::Metadata metadata);
  // Under another name, perhaps in a file that others use.
  RunningStore(Loop& loop, store::OpenFiles& files, const std::string& name,
               components::Metadata metadata);
  ~RunningStore();
  RunningStore(const RunningStore&) = delete;
  RunningStore& operator=(const RunningStore&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] Loop& loop() { return loop_; }
  // Lets time pass where it is simulated.
  void advance(Duration time);
  // Lets the store work until it is so; false after a long time.
  bool wait_until(const std::function<bool()>& condition);
  [[nodiscard]] Store& store() { return *store_; }
  // What a store of the cloud's reads from; it is there.
  [[nodiscard]] FakeCloud& cloud() { return *cloud_; }
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
  std::unique_ptr<Loop> own_loop_;
  std::unique_ptr<store::OpenFiles> own_files_;
  std::unique_ptr<FakeCloud> cloud_ = std::make_unique<FakeCloud>();
  Loop& loop_;
  std::unique_ptr<Store> store_;
  Status opened_;
};

}  // namespace edge::configuration
