// Secrets: what apps may read of the hub's secret stores, and what administration changes there.
//
// Source: wire reference §5. Scopes and error texts are here; how secrets are kept is the
// component's affair.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/secretstores/secretstores.h"
#include "edge/blocks/api_error.h"
#include "edge/blocks/apps/app.h"
#include "edge/blocks/component_table.h"
#include "edge/blocks/lanes/lanes.h"

namespace edge::blocks {

// Which secrets of a store apps may read: those of `allowed` where any is named; else all but
// `denied`, or none by default.
struct SecretScope {
  enum class Default : std::uint8_t { kAllow, kDeny };

  Default default_access = Default::kAllow;
  std::vector<std::string> allowed;
  std::vector<std::string> denied;

  [[nodiscard]] bool permits(std::string_view secret) const;
};

// A store that components made available.
struct SecretStore {
  std::string name;
  std::unique_ptr<secrets::Store> store;
  std::vector<std::string> scopes;  // app ids; empty: every app

  // Null where the store keeps no copies of what is elsewhere.
  [[nodiscard]] secrets::ReplicaStore* replica() const {
    return dynamic_cast<secrets::ReplicaStore*>(store.get());
  }
};

using SecretLease = ComponentTable<SecretStore>::Lease;

class SecretsBlock {
 public:
  void add(SecretStore store) { stores_.add(std::move(store)); }
  // Closes a store when those who use it have finished.
  Task<void> remove_store(Loop* loop, std::string name);
  // Limits what apps read of a store that is there or comes later.
  void limit(std::string store, SecretScope scope) { limits_[std::move(store)] = std::move(scope); }

  // The store that `app` means. Errors: not configured, not found.
  [[nodiscard]] ApiResult<SecretLease> find(const App& app, std::string_view name) const;
  // For administration and for what resources refer to: any store. Empty where it is not there.
  [[nodiscard]] SecretLease find(std::string_view name) const { return stores_.find(name); }

  // The caller holds the store's lease until the call ends. A lane's own secret comes before the
  // baseline's, which only a lane that may fall back is given. `metadata`: the request's, for
  // stores that know it. Errors: denied, or the store's own.
  Task<ApiResult<secrets::SecretReading>> get(Ctx ctx, SecretStore* store, std::string name,
                                              LaneView view = {},
                                              secrets::RequestMetadata metadata = {});
  // Without those that are denied.
  Task<ApiResult<secrets::SecretsReading>> get_all(Ctx ctx, SecretStore* store, LaneView view = {});

  [[nodiscard]] std::vector<std::string> names() const { return stores_.names(); }
  // Closes every store. Legal when no call is pending.
  Task<void> close(Loop* loop);

 private:
  [[nodiscard]] bool permits(const SecretStore& store, std::string_view secret) const;
  // Nothing where the lane has none of its own.
  using OfLane = std::optional<secrets::SecretReading>;
  Task<ApiResult<OfLane>> get_of_lane(Ctx ctx, SecretStore* store, std::string name,
                                      policy::LaneId lane, secrets::RequestMetadata metadata);

  ComponentTable<SecretStore> stores_;
  std::map<std::string, SecretScope, std::less<>> limits_;  // by store
};

}  // namespace edge::blocks
