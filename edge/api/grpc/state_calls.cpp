// State over gRPC. Source: wire reference §2.9.
#include <nlohmann/json.hpp>

#include "edge/api/grpc/entry_limit.h"
#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/state_messages.h"
#include "edge/base/json.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::StateLease;

constexpr std::int32_t kFirstWrite = 1;
constexpr std::int32_t kLastWrite = 2;

std::unexpected<ApiError> invalid(std::string message) {
  return std::unexpected(ApiError{.grpc = Code::kInvalidArgument, .message = std::move(message)});
}

// A request and the store that it names.
template <class Request>
struct StoreCall {
  Request request;
  StateLease store;
};

// Where a request has its keys, items or operations, if it has many.
template <class Request>
constexpr std::uint32_t kEntriesOf = 0;
template <>
constexpr std::uint32_t kEntriesOf<rpc::GetBulkStateRequest> = 2;
template <>
constexpr std::uint32_t kEntriesOf<rpc::StateItemsRequest> = 2;
template <>
constexpr std::uint32_t kEntriesOf<rpc::ExecuteStateTransactionRequest> = 2;

template <class Request>
ApiResult<StoreCall<Request>> store_call(const Rpc& rpc) {
  if constexpr (kEntriesOf<Request> != 0) {
    auto few = check_entries(rpc.message, kEntriesOf<Request>);
    if (!few) return std::unexpected(std::move(few.error()));
  }
  auto request = request_of<Request>(rpc);
  if (!request) return std::unexpected(std::move(request.error()));
  auto store = rpc.services.state.find(*rpc.app, request->store_name);
  if (!store) return std::unexpected(std::move(store.error()));
  return StoreCall<Request>{std::move(*request), std::move(*store)};
}

template <class Call>
ComponentCall counted(const Rpc& rpc, const Call& call, std::string_view operation) {
  return {rpc.counted(), &observe::ComponentMetrics::state, call.store->name, operation};
}

RpcAnswer done(ApiResult<void> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  return "";
}

state::Concurrency concurrency_of(const rpc::StateOptions& options) {
  switch (options.concurrency) {
    case kFirstWrite:
      return state::Concurrency::kFirstWrite;
    case kLastWrite:
      return state::Concurrency::kLastWrite;
    default:
      return state::Concurrency::kUnspecified;
  }
}

std::optional<std::string> etag_of(std::optional<rpc::Etag>& etag) {
  return etag ? std::optional(std::move(etag->value)) : std::nullopt;
}

bool is_json(const rpc::Map& metadata) {
  for (const auto& [name, value] : metadata) {
    if (equals_ignoring_case(name, "contentType")) {
      return equals_ignoring_case(trim(value.substr(0, value.find(';'))), "application/json");
    }
  }
  return false;
}

// Bytes are kept as they are, unless the item says that they are JSON.
ApiResult<state::SetRequest> set_of(rpc::StateItem& item) {
  state::SetRequest set;
  set.kind = is_json(item.metadata) ? state::ValueKind::kJson : state::ValueKind::kBytes;
  set.value = std::move(item.value);
  if (set.kind == state::ValueKind::kJson) {
    const auto json = parse_json(set.value);
    if (!json) return invalid("value of key " + item.key + ": " + json.error().message);
    set.value = dump_json(*json);
  }
  set.key = std::move(item.key);
  set.etag = etag_of(item.etag);
  set.concurrency = concurrency_of(item.options);
  set.metadata = std::move(item.metadata);
  return set;
}

state::DeleteRequest delete_of(rpc::StateItem& item) {
  return {std::move(item.key), etag_of(item.etag), concurrency_of(item.options)};
}

ApiResult<std::vector<state::Operation>> operations_of(
    std::vector<rpc::TransactionalStateOperation>& wanted) {
  std::vector<state::Operation> operations;
  operations.reserve(wanted.size());
  for (rpc::TransactionalStateOperation& one : wanted) {
    if (one.operation_type == "delete") {
      operations.emplace_back(delete_of(one.request));
    } else if (one.operation_type == "upsert") {
      auto set = set_of(one.request);
      if (!set) return std::unexpected(std::move(set.error()));
      operations.emplace_back(std::move(*set));
    } else {
      ApiError error{.grpc = Code::kUnimplemented, .tag = "ERR_NOT_SUPPORTED_STATE_OPERATION"};
      error.message = "operation type " + one.operation_type + " not supported";
      return std::unexpected(std::move(error));
    }
  }
  return operations;
}

rpc::GetBulkStateResponse bulk_response(std::vector<state::Item> items) {
  rpc::GetBulkStateResponse response;
  response.items.reserve(items.size());
  for (state::Item& item : items) {
    response.items.push_back({std::move(item.key), std::move(item.value).value_or(""),
                              std::move(item.etag), "", std::move(item.metadata)});
  }
  return response;
}

}  // namespace

Task<RpcAnswer> rpc_get_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::GetStateRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  const auto get = counted(*rpc, *call, "get");
  auto item = co_await rpc->services.state.get(ctx, rpc->app, call->store.get(),
                                               std::move(call->request.key));
  get.done_with(item);
  if (!item) co_return std::unexpected(std::move(item.error()));
  co_return answer_of(rpc::GetStateResponse{std::move(item->value).value_or(""),
                                            std::move(item->etag), std::move(item->metadata)});
}

Task<RpcAnswer> rpc_get_bulk_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::GetBulkStateRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  const auto get = counted(*rpc, *call, "bulk_get");
  auto items = co_await rpc->services.state.bulk_get(
      ctx, rpc->app, call->store.get(), std::move(call->request.keys), rpc->services.body_limit());
  get.done_with(items);
  if (!items) co_return std::unexpected(std::move(items.error()));
  co_return answer_of(bulk_response(std::move(*items)));
}

Task<RpcAnswer> rpc_save_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::StateItemsRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  std::vector<state::SetRequest> items;
  for (rpc::StateItem& item : call->request.states) {
    if (item.key.empty()) co_return invalid("state key cannot be empty");
    auto one = set_of(item);
    if (!one) co_return std::unexpected(std::move(one.error()));
    items.push_back(std::move(*one));
  }
  if (items.empty()) co_return RpcAnswer("");
  const auto set = counted(*rpc, *call, "set");
  auto saved =
      co_await rpc->services.state.save(ctx, rpc->app, call->store.get(), std::move(items));
  set.done_with(saved);
  co_return done(std::move(saved));
}

Task<RpcAnswer> rpc_delete_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::DeleteStateRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  rpc::DeleteStateRequest& request = call->request;
  state::DeleteRequest removal{std::move(request.key), etag_of(request.etag),
                               concurrency_of(request.options)};
  const auto remove = counted(*rpc, *call, "delete");
  auto removed =
      co_await rpc->services.state.remove(ctx, rpc->app, call->store.get(), std::move(removal));
  remove.done_with(removed);
  co_return done(std::move(removed));
}

Task<RpcAnswer> rpc_delete_bulk_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::StateItemsRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  std::vector<state::DeleteRequest> removals;
  for (rpc::StateItem& item : call->request.states) removals.push_back(delete_of(item));
  if (removals.empty()) co_return RpcAnswer("");
  const auto remove = counted(*rpc, *call, "bulk_delete");
  auto removed = co_await rpc->services.state.remove_all(ctx, rpc->app, call->store.get(),
                                                         std::move(removals));
  remove.done_with(removed);
  co_return done(std::move(removed));
}

Task<RpcAnswer> rpc_transact_state(Ctx ctx, Rpc* rpc) {
  auto call = store_call<rpc::ExecuteStateTransactionRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  auto operations = operations_of(call->request.operations);
  if (!operations) co_return std::unexpected(std::move(operations.error()));
  const auto transaction = counted(*rpc, *call, "transaction");
  auto executed = co_await rpc->services.state.transact(ctx, rpc->app, call->store.get(),
                                                        std::move(*operations));
  transaction.done_with(executed);
  co_return done(std::move(executed));
}

Task<RpcAnswer> rpc_query_state(Ctx, Rpc* rpc) {
  // QueryStateRequest begins as GetStateRequest does.
  auto call = store_call<rpc::GetStateRequest>(*rpc);
  if (!call) co_return std::unexpected(std::move(call.error()));
  co_return std::unexpected(rpc->services.state.query_unsupported(*call->store));
}

}  // namespace edge::api
