// What resources refer to in secret stores; scopes do not apply to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "edge/blocks/secrets/secrets_block.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

class SecretStores {
 public:
  // `block` owns the stores and outlives this.
  explicit SecretStores(blocks::SecretsBlock& block) : block_(block) {}

  [[nodiscard]] bool has(const std::string& name) const { return bool(block_.find(name)); }
  // Why a store that was to be there is not, for those who refer to it.
  void note_failed(const std::string& name, std::string why) { failed_[name] = std::move(why); }
  [[nodiscard]] const std::map<std::string, std::string>& failures() const { return failed_; }

  // Fills in every value from the store `name`. Errors: the store's, naming file, line and field.
  Task<Status> resolve(Ctx ctx, std::string name, std::vector<Value*> values);

 private:
  Task<Result<std::string>> look_up(Ctx ctx, std::string store, const Value* value);

  blocks::SecretsBlock& block_;
  std::map<std::string, std::string> failed_;
};

}  // namespace edge::daemon
