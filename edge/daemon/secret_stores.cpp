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
  const auto found = block_.find(store);
  if (!found) {
    const auto why = failed_.find(store);
    co_return Error{Code::kNotFound, why == failed_.end() ? "no such store is loaded"
                                                          : "the store failed: " + why->second};
  }
  auto secret = co_await found->store->get(ctx, value->secret);
  if (!secret) co_return secret.error();
  // A secret of a single value has it under its own name.
  auto entry = secret->find(value->key);
  if (entry == secret->end() && secret->size() == 1) entry = secret->begin();
  if (entry == secret->end()) {
    co_return Error{Code::kNotFound, "the secret has no value " + value->key};
  }
  co_return entry->second;
}

}  // namespace edge::daemon
