// A secret store on a simulated loop, with calls that wait for their answer.
#pragma once

#include <memory>
#include <string>

#include "components/all.h"
#include "edge/loop/sim_loop.h"

namespace edge::secrets {

// Opens at once; closes at the end of its life.
class RunningStore {
 public:
  RunningStore(const std::string& type, components::Metadata metadata,
               const std::string& data_dir = "", const std::string& name = "vault");
  ~RunningStore();
  RunningStore(const RunningStore&) = delete;
  RunningStore& operator=(const RunningStore&) = delete;

  [[nodiscard]] const Status& opened() const { return opened_; }
  [[nodiscard]] SimLoop& loop() { return loop_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] EditableStore& editable() { return dynamic_cast<EditableStore&>(*store_); }

  Result<Secret> get(const std::string& name);
  // One value; "(none)" where it is not there.
  std::string value(const std::string& name, const std::string& key);
  std::string value(const std::string& name) { return value(name, name); }
  Result<Secrets> get_all();
  Result<SecretInfo> set(const std::string& name, Secret secret);
  Result<SecretInfo> set(const std::string& name, const std::string& value) {
    return set(name, Secret{{name, value}});
  }
  Status remove(const std::string& name);
  Result<std::vector<SecretInfo>> list();
  Result<KeyChange> rotate_key();

 private:
  SimLoop loop_;
  store::OpenFiles files_;
  std::unique_ptr<Store> store_;
  Status opened_;
};

}  // namespace edge::secrets
