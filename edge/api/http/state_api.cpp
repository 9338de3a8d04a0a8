#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/api/http/state_body.h"
#include "edge/base/json.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

using blocks::ApiResult;
using blocks::StateLease;

ApiResult<StateLease> store_of(Request* request) {
  return request->services.state.find(*request->app, request->parameters[0]);
}

// What the requests with a body begin with.
struct StoreCall {
  StateLease store;
  std::string body;
};

// `prefix` stands before what was wrong with the body.
Task<ApiResult<StoreCall>> read_call(Ctx ctx, Request* request, std::string_view prefix) {
  auto store = store_of(request);
  if (!store) co_return std::unexpected(std::move(store.error()));
  auto body = co_await read_body(ctx, request, "ERR_MALFORMED_REQUEST", prefix);
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return StoreCall{std::move(*store), std::move(*body)};
}

// daprd wraps the error for a key with "||" once more over HTTP.
blocks::ApiError as_http(blocks::ApiError error) {
  if (error.reason != "DAPR_STATE_ILLEGAL_KEY") return error;
  error.message = "api error: code = InvalidArgument desc = " + error.message;
  return error;
}

// Of the store that the path names.
ComponentCall counted(const Request& request, std::string_view operation) {
  return {request.counted(), &observe::ComponentMetrics::state, request.parameters[0], operation};
}

template <class T>
Task<void> answer_done(Ctx ctx, Request* request, ApiResult<T> done) {
  if (done) {
    co_await answer_empty(ctx, request, 204);
  } else {
    co_await answer_error(ctx, request, as_http(std::move(done.error())));
  }
}

}  // namespace

Task<void> get_state(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const auto call = counted(*request, "get");
  auto item =
      co_await request->services.state.get(ctx, request->app, store->get(), request->parameters[1]);
  call.done_with(item);
  if (!item) {
    co_await answer_error(ctx, request, as_http(std::move(item.error())));
    co_return;
  }
  if (!item->value) {
    co_await answer_empty(ctx, request, 204);
    co_return;
  }
  http1::Response response;
  response.headers = "Content-Type: application/json\r\n";
  if (!item->etag.empty()) http1::append_header(response.headers, "ETag", item->etag);
  for (const auto& [name, value] : item->metadata) {
    http1::append_header(response.headers, "metadata." + name, value);
  }
  co_await answer(ctx, request, std::move(response), *item->value);
}

Task<void> delete_state(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  state::DeleteRequest removal;
  removal.key = request->parameters[1];
  if (const auto etag = request->headers().find("if-match")) removal.etag = std::string(*etag);
  const Query query(request->target.query);
  auto concurrency = parse_concurrency(query.get("concurrency"));
  auto consistency = check_consistency(query.get("consistency"));
  if (!concurrency || !consistency) {
    const Error& error = concurrency ? consistency.error() : concurrency.error();
    blocks::ApiError shown{.tag = "ERR_STATE_DELETE"};
    shown.message = "failed deleting state with key " + removal.key + ": " + error.message;
    co_await answer_error(ctx, request, std::move(shown));
    co_return;
  }
  removal.concurrency = *concurrency;
  const auto call = counted(*request, "delete");
  auto done =
      co_await request->services.state.remove(ctx, request->app, store->get(), std::move(removal));
  call.done_with(done);
  co_await answer_done(ctx, request, std::move(done));
}

Task<void> save_state(Ctx ctx, Request* request) {
  auto call = co_await read_call(ctx, request, "");
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  const Query query(request->target.query);
  auto items = parse_save(request->parameters[0], call->body, query.metadata());
  if (!items) {
    co_await answer_error(ctx, request, std::move(items.error()));
    co_return;
  }
  if (items->empty()) {
    co_await answer_empty(ctx, request, 204);
    co_return;
  }
  const auto set = counted(*request, "set");
  auto done = co_await request->services.state.save(ctx, request->app, call->store.get(),
                                                    std::move(*items));
  set.done_with(done);
  co_await answer_done(ctx, request, std::move(done));
}

Task<void> bulk_get_state(Ctx ctx, Request* request) {
  auto call = co_await read_call(ctx, request, kDecodePrefix);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  auto keys = parse_bulk_get(call->body);
  if (!keys) {
    co_await answer_error(ctx, request, std::move(keys.error()));
    co_return;
  }
  const auto get = counted(*request, "bulk_get");
  auto items = co_await request->services.state.bulk_get(
      ctx, request->app, call->store.get(), std::move(*keys), request->services.body_limit());
  get.done_with(items);
  if (!items) {
    co_await answer_error(ctx, request, as_http(std::move(items.error())));
    co_return;
  }
  co_await answer_json(ctx, request, 200, bulk_get_body(*items));
}

Task<void> transact_state(Ctx ctx, Request* request) {
  auto call = co_await read_call(ctx, request, kDecodePrefix);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  const Query query(request->target.query);
  auto operations = parse_transaction(call->body, query.metadata());
  if (!operations) {
    co_await answer_error(ctx, request, std::move(operations.error()));
    co_return;
  }
  if (operations->empty()) {
    co_await answer_empty(ctx, request, 204);
    co_return;
  }
  const auto transaction = counted(*request, "transaction");
  auto done = co_await request->services.state.transact(ctx, request->app, call->store.get(),
                                                        std::move(*operations));
  transaction.done_with(done);
  co_await answer_done(ctx, request, std::move(done));
}

Task<void> query_state(Ctx ctx, Request* request) {
  auto store = store_of(request);
  co_await answer_error(
      ctx, request,
      store ? request->services.state.query_unsupported(**store) : std::move(store.error()));
}

}  // namespace edge::api
