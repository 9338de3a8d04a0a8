#include "edge/blocks/secrets/secrets_block.h"

#include <algorithm>

namespace edge::blocks {
namespace {

constexpr std::string_view kLanePrefix = "lane/";

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

ApiError not_read(const SecretStore& store, const std::string& name, const Error& error) {
  return {.tag = "ERR_SECRET_GET",
          .message = "failed getting secret with key " + name + " from secret store " + store.name +
                     ": " + error.message};
}

std::string prefix_of(policy::LaneId lane) {
  return std::string(kLanePrefix).append(lane.view()).append("/");
}

ApiError not_of_lane(const SecretStore& store, const std::string& name, policy::LaneId lane) {
  const std::string in(lane.view());
  return {.http = 403,
          .grpc = Code::kPermissionDenied,
          .tag = "ERR_SECRET_OF_LANE",
          .message = "lane " + in + " has no secret \"" + name + "\" of its own in \"" +
                     store.name + "\" and may not read the baseline's: keep it as \"" +
                     prefix_of(lane) + name + "\", or set secretsFallback in the resource Lane " +
                     in};
}

// A secret of one value has it under the secret's own name.
secrets::Secret renamed(secrets::Secret secret, const std::string& from, const std::string& to) {
  if (auto value = secret.extract(from); !value.empty()) {
    value.key() = to;
    secret.insert(std::move(value));
  }
  return secret;
}

// The lane's own under their plain names, over the baseline's where those are seen.
secrets::Secrets seen(secrets::Secrets all, const LaneView& view) {
  const std::string own_prefix = prefix_of(view.lane);
  secrets::Secrets out;
  for (auto& [name, secret] : all) {
    if (view.lane.is_base() || !name.starts_with(own_prefix)) continue;
    const std::string plain = name.substr(own_prefix.size());
    out[plain] = renamed(std::move(secret), name, plain);
  }
  if (!view.falls_back) return out;
  for (auto& [name, secret] : all) {
    if (!name.starts_with(kLanePrefix)) out.try_emplace(name, std::move(secret));
  }
  return out;
}

Task<Result<secrets::SecretReading>> read(Ctx ctx, SecretStore* store, std::string name,
                                          secrets::RequestMetadata metadata) {
  if (secrets::ReplicaStore* replica = store->replica()) {
    co_return co_await replica->read(ctx, std::move(name), std::move(metadata));
  }
  auto secret = co_await store->store->get(ctx, std::move(name));
  if (!secret) co_return std::move(secret).error();
  co_return secrets::SecretReading{std::move(*secret), std::nullopt};
}

Task<Result<secrets::SecretsReading>> read_all(Ctx ctx, SecretStore* store) {
  if (secrets::ReplicaStore* replica = store->replica()) co_return co_await replica->read_all(ctx);
  auto all = co_await store->store->get_all(ctx);
  if (!all) co_return std::move(all).error();
  co_return secrets::SecretsReading{std::move(*all), std::nullopt};
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

Task<ApiResult<secrets::SecretReading>> SecretsBlock::get(Ctx ctx, SecretStore* store,
                                                          std::string name, LaneView view,
                                                          secrets::RequestMetadata metadata) {
  if (!permits(*store, name)) co_return std::unexpected(denied(*store, name));
  if (view.limited && name.starts_with(kLanePrefix)) {
    co_return std::unexpected(denied(*store, name));
  }
  if (!view.lane.is_base()) {
    auto own = co_await get_of_lane(ctx, store, name, view.lane, metadata);
    if (!own) co_return std::unexpected(std::move(own.error()));
    if (*own) co_return std::move(**own);
    if (!view.falls_back) co_return std::unexpected(not_of_lane(*store, name, view.lane));
  }
  auto secret = co_await read(ctx, store, name, std::move(metadata));
  if (secret) co_return std::move(*secret);
  co_return std::unexpected(not_read(*store, name, secret.error()));
}

Task<ApiResult<SecretsBlock::OfLane>> SecretsBlock::get_of_lane(Ctx ctx, SecretStore* store,
                                                                std::string name,
                                                                policy::LaneId lane,
                                                                secrets::RequestMetadata metadata) {
  const std::string own_name = prefix_of(lane) + name;
  auto own = co_await read(ctx, store, own_name, std::move(metadata));
  if (own) {
    own->secret = renamed(std::move(own->secret), own_name, name);
    co_return std::move(*own);
  }
  if (own.error().code == Code::kNotFound) co_return OfLane();
  co_return std::unexpected(not_read(*store, own_name, own.error()));
}

Task<ApiResult<secrets::SecretsReading>> SecretsBlock::get_all(Ctx ctx, SecretStore* store,
                                                               LaneView view) {
  auto all = co_await read_all(ctx, store);
  if (!all) {
    co_return std::unexpected(ApiError{.tag = "ERR_SECRET_GET",
                                       .message = "failed getting secrets from secret store " +
                                                  store->name + ": " + all.error().message});
  }
  if (view.limited) all->secrets = seen(std::move(all->secrets), view);
  std::erase_if(all->secrets, [&](const auto& entry) { return !permits(*store, entry.first); });
  co_return std::move(*all);
}

Task<void> SecretsBlock::close(Loop* loop) {
  for (const std::string& name : stores_.names()) co_await remove_store(loop, name);
}

}  // namespace edge::blocks
