// State: keys and values of apps in their stores, under each store's key prefix.
//
// Source: wire reference §2. Prefixes, scopes, limits and error texts are here; what is stored is
// the component's affair.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "components/state/state.h"
#include "edge/blocks/api_error.h"
#include "edge/blocks/apps/app.h"
#include "edge/blocks/component_table.h"

namespace edge::blocks {

// How a store's keys are told apart by app. Source: wire reference §2.11.
class KeyPrefix {
 public:
  // `text` is the component's keyPrefix; "" for none given.
  // Errors: kInvalidArgument for a literal that holds "||".
  static Result<KeyPrefix> parse(std::string_view text, std::string_view component);

  [[nodiscard]] std::string apply(const App& app, std::string_view key) const;
  // A stored key as its app knows it.
  [[nodiscard]] static std::string strip(std::string_view stored);

 private:
  enum class Kind : std::uint8_t { kApp, kNamespace, kLiteral, kNone };
  Kind kind_ = Kind::kApp;
  std::string literal_;
};

// A store that components made available.
struct StateStore {
  std::string name;
  std::unique_ptr<state::Store> store;
  KeyPrefix prefix;
  std::vector<std::string> scopes;  // app ids; empty: every app
};

using StateLease = ComponentTable<StateStore>::Lease;

class StateBlock {
 public:
  void add(StateStore store) { stores_.add(std::move(store)); }
  // Closes a store when those who use it have finished.
  Task<void> remove_store(Loop* loop, std::string name);

  // The store that `app` means. Errors: not configured, not found.
  [[nodiscard]] ApiResult<StateLease> find(const App& app, std::string_view name) const;

  // The caller holds the store's lease until the call ends. Keys in requests are the app's; all
  // calls below prefix them.
  Task<ApiResult<state::Item>> get(Ctx ctx, const App* app, StateStore* store, std::string key);
  // Each key is read once. Errors: kResourceExhausted where keys and values have more bytes
  // together than `budget`.
  Task<ApiResult<std::vector<state::Item>>> bulk_get(Ctx ctx, const App* app, StateStore* store,
                                                     std::vector<std::string> keys,
                                                     std::uint64_t budget);
  Task<ApiResult<void>> save(Ctx ctx, const App* app, StateStore* store,
                             std::vector<state::SetRequest> items);
  Task<ApiResult<void>> remove(Ctx ctx, const App* app, StateStore* store,
                               state::DeleteRequest request);
  // Each key for itself. Errors: that of the first key that failed.
  Task<ApiResult<void>> remove_all(Ctx ctx, const App* app, StateStore* store,
                                   std::vector<state::DeleteRequest> requests);
  Task<ApiResult<void>> transact(Ctx ctx, const App* app, StateStore* store,
                                 std::vector<state::Operation> operations);
  // Errors: always: no store of this build can be queried.
  [[nodiscard]] ApiError query_unsupported(const StateStore& store) const;

  [[nodiscard]] bool has_stores() const noexcept { return !stores_.empty(); }
  // Closes every store. Legal when no call is pending.
  Task<void> close(Loop* loop);

 private:
  ComponentTable<StateStore> stores_;
};

}  // namespace edge::blocks
