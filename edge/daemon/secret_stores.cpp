#include "edge/daemon/secret_stores.h"

#include "edge/daemon/resources/resolve.h"

namespace edge::daemon {

Task<Status> SecretStores::resolve(Ctx ctx, std::string name, std::vector<Value*> values) {
  for (Value* value : values) {
    auto found = co_await look_up(ctx, name, value);
    if (auto filled = fill(*value, name, found); !filled) co_return filled;
  }
  co_return Status();
}

Task<Result<std::string>> SecretStores::look_up(Ctx ctx, std::string store, const Value* value) {
  const auto found = stores_.find(store);
  if (found == stores_.end()) co_return Error{Code::kNotFound, "no such store is loaded"};
  auto secret = co_await found->second->get(ctx, value->secret);
  if (!secret) co_return secret.error();
  // A secret of a single value has it under its own name.
  auto entry = secret->find(value->key);
  if (entry == secret->end() && secret->size() == 1) entry = secret->begin();
  if (entry == secret->end()) {
    co_return Error{Code::kNotFound, "the secret has no value " + value->key};
  }
  co_return entry->second;
}

Task<void> SecretStores::close() {
  for (auto& [name, store] : stores_) co_await store->close();
  stores_.clear();
}

}  // namespace edge::daemon
