// The secret stores that components made available, for what resources refer to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "components/secretstores/secretstores.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

class SecretStores {
 public:
  void add(const std::string& name, std::unique_ptr<secrets::Store> store) {
    stores_[name] = std::move(store);
  }
  [[nodiscard]] bool has(const std::string& name) const { return stores_.contains(name); }

  // Fills in every value from the store `name`. Errors: the store's, naming file, line and field.
  Task<Status> resolve(Ctx ctx, std::string name, std::vector<Value*> values);
  Task<void> close();

 private:
  Task<Result<std::string>> look_up(Ctx ctx, std::string store, const Value* value);

  std::map<std::string, std::unique_ptr<secrets::Store>> stores_;
};

}  // namespace edge::daemon
