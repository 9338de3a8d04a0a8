#include "edge/blocks/secrets/secrets_block.h"

#include <algorithm>

namespace edge::blocks {
namespace {

bool lists(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

ApiError denied(const SecretStore& store, const std::string& secret) {
  return {
      .http = 403,
      .grpc = Code::kPermissionDenied,
      .tag = "ERR_PERMISSION_DENIED",
      .message = "access denied by policy to get \"" + secret + "\" from \"" + store.name + "\""};
}

}  // namespace

bool SecretScope::permits(std::string_view secret) const {
  if (!allowed.empty()) return lists(allowed, secret);
  return !lists(denied, secret) && default_access == Default::kAllow;
}

bool SecretsBlock::permits(const SecretStore& store, std::string_view secret) const {
  const auto limit = limits_.find(store.name);
  return limit == limits_.end() || limit->second.permits(secret);
}

Task<void> SecretsBlock::remove_store(Loop* loop, std::string name) {
  auto store = co_await stores_.take(loop, std::move(name));
  if (store) co_await store->store->close();
}

ApiResult<SecretLease> SecretsBlock::find(const App& app, std::string_view name) const {
  SecretLease store = stores_.find(name);
  if (store && stores_.permits(*store, app.id())) return store;
  if (!stores_.any_for(app.id())) {
    return std::unexpected(ApiError{.http = 500,
                                    .grpc = Code::kFailedPrecondition,
                                    .tag = "ERR_SECRET_STORES_NOT_CONFIGURED",
                                    .message = "secret store is not configured"});
  }
  return std::unexpected(
      ApiError{.http = 401,
               .grpc = Code::kInvalidArgument,
               .tag = "ERR_SECRET_STORE_NOT_FOUND",
               .message = "failed finding secret store with key " + std::string(name)});
}

Task<ApiResult<secrets::Secret>> SecretsBlock::get(Ctx ctx, SecretStore* store, std::string name) {
  if (!permits(*store, name)) co_return std::unexpected(denied(*store, name));
  auto secret = co_await store->store->get(ctx, name);
  if (secret) co_return std::move(*secret);
  co_return std::unexpected(ApiError{.tag = "ERR_SECRET_GET",
                                     .message = "failed getting secret with key " + name +
                                                " from secret store " + store->name + ": " +
                                                secret.error().message});
}

Task<ApiResult<secrets::Secrets>> SecretsBlock::get_all(Ctx ctx, SecretStore* store) {
  auto secrets = co_await store->store->get_all(ctx);
  if (!secrets) {
    co_return std::unexpected(ApiError{.tag = "ERR_SECRET_GET",
                                       .message = "failed getting secrets from secret store " +
                                                  store->name + ": " + secrets.error().message});
  }
  std::erase_if(*secrets, [&](const auto& entry) { return !permits(*store, entry.first); });
  co_return std::move(*secrets);
}

Task<void> SecretsBlock::close(Loop* loop) {
  for (const std::string& name : stores_.names()) co_await remove_store(loop, name);
}

}  // namespace edge::blocks
