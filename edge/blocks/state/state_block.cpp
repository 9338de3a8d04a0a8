#include "edge/blocks/state/state_block.h"

#include <algorithm>

namespace edge::blocks {
namespace {

// Keys: what they hold together before it is known to be too much.
constexpr std::size_t kReadAtOnce = 16;

// A key must not hold the separator of prefixes. daprd wraps this one error twice over HTTP,
// which the HTTP layer does.
ApiResult<void> check_key(const StateStore& store, std::string_view key) {
  if (key.find("||") == std::string_view::npos) return {};
  ApiError error =
      malformed_request("input key/keyPrefix '" + std::string(key) + "' can't contain '||'");
  error.reason = "DAPR_STATE_ILLEGAL_KEY";
  error.resource_type = "state";
  error.resource_name = store.name;
  error.field = std::string(key);
  return std::unexpected(std::move(error));
}

// How a write that a store refused shows. Source: wire reference §2.3.
ApiError write_error(const Error& error, std::string_view tag, const std::string& prefix) {
  ApiError shown{.tag = std::string(tag), .message = prefix};
  if (error.code == Code::kAborted) {
    shown.http = 409;
    shown.grpc = Code::kAborted;
  } else if (error.code == Code::kInvalidArgument &&
             error.message.find("etag") != std::string::npos) {
    shown.http = 400;
    shown.grpc = Code::kInvalidArgument;
    shown.message += "invalid etag value: ";
  }
  shown.message += error.message;
  return shown;
}

// The values of many keys: each is read once, a few at a time, and no more than may be answered.
class BulkRead {
 public:
  BulkRead(std::vector<std::string> keys, std::uint64_t budget)
      : keys_(std::move(keys)), budget_(budget) {
    for (const std::string& key : keys_) ++times_[key];
    next_ = times_.begin();
  }

  [[nodiscard]] bool read_all() const noexcept { return next_ == times_.end(); }

  std::vector<std::string> next_keys() {
    std::vector<std::string> some;
    for (; next_ != times_.end() && some.size() < kReadAtOnce; ++next_) {
      some.emplace_back(next_->first);
    }
    return some;
  }

  Status add(std::vector<state::Item> found) {
    for (state::Item& item : found) {
      const auto asked = times_.find(item.key);
      if (asked == times_.end()) continue;
      total_ += asked->second * (item.key.size() + (item.value ? item.value->size() : 0));
      if (total_ > budget_) return too_large();
      found_.insert_or_assign(asked->first, std::move(item));
    }
    return {};
  }

  // In the order of the keys, as their app knows them.
  [[nodiscard]] std::vector<state::Item> items() const {
    std::vector<state::Item> items;
    items.reserve(keys_.size());
    for (const std::string& key : keys_) {
      const auto found = found_.find(key);
      if (found == found_.end()) continue;
      items.push_back(found->second);
      items.back().key = KeyPrefix::strip(key);
    }
    return items;
  }

 private:
  [[nodiscard]] Error too_large() const {
    return {Code::kResourceExhausted,
            "trying to send message larger than max (" + std::to_string(total_) + " vs. " +
                std::to_string(budget_) + "); ask for fewer keys at once"};
  }

  std::vector<std::string> keys_;
  std::uint64_t budget_;
  std::uint64_t total_ = 0;
  std::map<std::string_view, std::uint64_t> times_;  // that a key is asked for
  std::map<std::string_view, std::uint64_t>::iterator next_;
  std::map<std::string_view, state::Item> found_;
};

// How a failure of a write is told.
struct Failure {
  std::string_view tag;
  std::string text;
};

// Each operation for itself; the first that failed is told.
Task<ApiResult<void>> apply(Ctx ctx, StateStore* store, std::vector<state::Operation> operations,
                            Failure failure) {
  auto failed = co_await store->store->apply(ctx, std::move(operations));
  if (failed && failed->empty()) co_return ApiResult<void>();
  const Error& error = failed ? failed->front().error : failed.error();
  co_return std::unexpected(write_error(error, failure.tag, failure.text + ": "));
}

ApiError bulk_error(const Error& error) {
  ApiError shown;
  shown.tag = "ERR_STATE_BULK_GET";
  shown.message = error.message;
  if (error.code == Code::kResourceExhausted) {
    shown.http = 413;
    shown.grpc = error.code;
  }
  return shown;
}

ApiError transactions_unsupported(const StateStore& store) {
  return {.grpc = Code::kUnimplemented,
          .tag = "ERR_STATE_STORE_NOT_SUPPORTED",
          .message = "state store " + store.name + " doesn't support transactions",
          .reason = "DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED",
          .resource_type = "state",
          .resource_name = store.name,
          .help_url = "https://docs.dapr.io/reference/components-reference/supported-state-stores/",
          .help_text = "Check the list of state stores and the features they support"};
}

}  // namespace

Task<void> StateBlock::remove_store(Loop* loop, std::string name) {
  auto store = co_await stores_.take(loop, std::move(name));
  if (store) co_await store->store->close();
}

ApiResult<StateLease> StateBlock::find(const App& app, std::string_view name) const {
  StateLease store = stores_.find(name);
  if (store && stores_.permits(*store, app.id())) return store;
  const bool any = stores_.any_for(app.id());
  ApiError error;
  error.http = any ? 400 : 500;
  error.grpc = any ? Code::kInvalidArgument : Code::kFailedPrecondition;
  error.tag = any ? "ERR_STATE_STORE_NOT_FOUND" : "ERR_STATE_STORE_NOT_CONFIGURED";
  error.message =
      "state store " + std::string(name) + (any ? " is not found" : " is not configured");
  error.reason = any ? "DAPR_STATE_NOT_FOUND" : "DAPR_STATE_NOT_CONFIGURED";
  error.metadata = {{"appID", app.id()}};
  return std::unexpected(std::move(error));
}

Task<ApiResult<state::Item>> StateBlock::get(Ctx ctx, const App* app, StateStore* store,
                                             std::string key) {
  if (auto ok = check_key(*store, key); !ok) co_return std::unexpected(ok.error());
  std::vector<std::string> keys;
  keys.push_back(store->prefix.apply(*app, key));
  auto found = co_await store->store->get(ctx, std::move(keys));
  if (!found) {
    ApiError error;
    error.tag = "ERR_STATE_GET";
    error.message =
        "fail to get " + key + " from state store " + store->name + ": " + found.error().message;
    co_return std::unexpected(std::move(error));
  }
  co_return std::move(found->front());
}

Task<ApiResult<std::vector<state::Item>>> StateBlock::bulk_get(Ctx ctx, const App* app,
                                                               StateStore* store,
                                                               std::vector<std::string> keys,
                                                               std::uint64_t budget) {
  for (std::string& key : keys) {
    if (auto ok = check_key(*store, key); !ok) co_return std::unexpected(ok.error());
    key = store->prefix.apply(*app, key);
  }
  BulkRead bulk(std::move(keys), budget);
  while (!bulk.read_all()) {
    auto found = co_await store->store->get(ctx, bulk.next_keys());
    if (!found) co_return std::unexpected(bulk_error(found.error()));
    if (auto fits = bulk.add(std::move(*found)); !fits) {
      co_return std::unexpected(bulk_error(fits.error()));
    }
  }
  co_return bulk.items();
}

Task<ApiResult<void>> StateBlock::save(Ctx ctx, const App* app, StateStore* store,
                                       std::vector<state::SetRequest> items) {
  std::vector<state::Operation> operations;
  operations.reserve(items.size());
  for (state::SetRequest& item : items) {
    if (auto ok = check_key(*store, item.key); !ok) co_return std::unexpected(ok.error());
    item.key = store->prefix.apply(*app, item.key);
    operations.emplace_back(std::move(item));
  }
  Failure failure{"ERR_STATE_SAVE", "failed saving state in state store " + store->name};
  co_return co_await apply(ctx, store, std::move(operations), std::move(failure));
}

Task<ApiResult<void>> StateBlock::remove(Ctx ctx, const App* app, StateStore* store,
                                         state::DeleteRequest request) {
  if (auto ok = check_key(*store, request.key); !ok) co_return std::unexpected(ok.error());
  Failure failure{"ERR_STATE_DELETE", "failed deleting state with key " + request.key};
  request.key = store->prefix.apply(*app, request.key);
  std::vector<state::Operation> operations;
  operations.emplace_back(std::move(request));
  co_return co_await apply(ctx, store, std::move(operations), std::move(failure));
}

Task<ApiResult<void>> StateBlock::remove_all(Ctx ctx, const App* app, StateStore* store,
                                             std::vector<state::DeleteRequest> requests) {
  std::vector<state::Operation> operations;
  operations.reserve(requests.size());
  for (state::DeleteRequest& request : requests) {
    if (auto ok = check_key(*store, request.key); !ok) co_return std::unexpected(ok.error());
    request.key = store->prefix.apply(*app, request.key);
    operations.emplace_back(std::move(request));
  }
  Failure failure{"ERR_STATE_BULK_DELETE", "failed deleting state in state store " + store->name};
  co_return co_await apply(ctx, store, std::move(operations), std::move(failure));
}

Task<ApiResult<void>> StateBlock::transact(Ctx ctx, const App* app, StateStore* store,
                                           std::vector<state::Operation> operations) {
  const auto features = store->store->features();
  if (std::find(features.begin(), features.end(), state::Feature::kTransactional) ==
      features.end()) {
    co_return std::unexpected(transactions_unsupported(*store));
  }
  for (state::Operation& operation : operations) {
    std::string& key =
        std::visit([](auto& request) -> std::string& { return request.key; }, operation);
    if (auto ok = check_key(*store, key); !ok) co_return std::unexpected(ok.error());
    key = store->prefix.apply(*app, key);
  }
  auto done = co_await store->store->transact(ctx, std::move(operations));
  if (done) co_return ApiResult<void>();
  ApiError error;
  error.tag = "ERR_STATE_TRANSACTION";
  error.message = "error while executing state transaction: " + done.error().message;
  co_return std::unexpected(std::move(error));
}

ApiError StateBlock::query_unsupported(const StateStore& store) const {
  return {.tag = "ERR_STATE_STORE_NOT_SUPPORTED",
          .message = "state store does not support querying",
          .reason = "DAPR_STATE_QUERYING_NOT_SUPPORTED",
          .resource_type = "state",
          .resource_name = store.name};
}

Task<void> StateBlock::close(Loop* loop) {
  for (const std::string& name : stores_.names()) co_await remove_store(loop, name);
}

}  // namespace edge::blocks
