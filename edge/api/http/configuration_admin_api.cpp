// /v1.0-edgelane/configuration/{store}: the hub's own configuration, for whoever administers it.
#include "edge/api/http/configuration_body.h"
#include "edge/api/http/handlers.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/blocks/configuration/items_json.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::ConfigurationLease;
using blocks::malformed_request;

ApiResult<ConfigurationLease> store_of(Request* request) {
  return request->services.configuration.find(nullptr, request->parameters[0]);
}

ApiResult<ConfigurationLease> editable_of(Request* request) {
  auto store = store_of(request);
  if (!store || (*store)->editable() != nullptr) return store;
  return std::unexpected(ApiError{.http = 400,
                                  .grpc = Code::kFailedPrecondition,
                                  .tag = "ERR_CONFIGURATION_STORE_NOT_EDITABLE",
                                  .message = "configuration store " + (*store)->name +
                                             " is not written by this hub; change it where it is "
                                             "kept"});
}

ApiError failed(std::string_view tag, const Error& error) {
  return {.http = http_status(error.code),
          .grpc = error.code,
          .tag = std::string(tag),
          .message = error.message};
}

// An editable store and the body of the request.
struct EditCall {
  ConfigurationLease store;
  std::string body;
};

Task<ApiResult<EditCall>> read_edit(Ctx ctx, Request* request) {
  auto store = editable_of(request);
  if (!store) co_return std::unexpected(std::move(store.error()));
  auto body = co_await read_body(ctx, request, "ERR_MALFORMED_REQUEST", "");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return EditCall{std::move(*store), std::move(*body)};
}

Task<void> answer_written(Ctx ctx, Request* request, std::string_view tag,
                          Result<configuration::Written> written) {
  if (written) {
    co_await answer_json(ctx, request, 200, written_body(*written));
  } else {
    co_await answer_error(ctx, request, failed(tag, written.error()));
  }
}

// A line for each revision, as long as somebody reads them.
class WatchSource final : public ByteSource {
 public:
  WatchSource(std::unique_ptr<blocks::ConfigurationStream> stream, std::uint64_t revision)
      : stream_(std::move(stream)), first_("{\"revision\":" + std::to_string(revision) + "}\n") {}

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return std::nullopt;
  }
  std::string_view take_ready() override {
    line_ = std::exchange(first_, {});
    return line_;
  }
  [[nodiscard]] bool finished() const noexcept override { return ended_; }

  Task<Result<std::string_view>> read(Ctx ctx) override {
    auto update = co_await stream_->next(ctx);
    if (!update) co_return update.error();
    ended_ = !*update;
    if (ended_) co_return std::string_view();
    line_ = "{\"revision\":" + std::to_string((*update)->revision) +
            ",\"items\":" + blocks::items_json((*update)->items) + "}\n";
    co_return std::string_view(line_);
  }

 private:
  std::unique_ptr<blocks::ConfigurationStream> stream_;
  std::string first_;
  std::string line_;
  bool ended_ = false;
};

// The store is not held while the watch lasts: it may go.
Task<ApiResult<std::unique_ptr<WatchSource>>> open_watch(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) co_return std::unexpected(std::move(store.error()));
  blocks::SubscriptionWish wish;
  wish.keys = Query(request->target.query).all("key");
  auto stream = co_await request->services.configuration.open_stream(ctx, store->get(), wish);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  const auto* editable = (*store)->editable();
  co_return std::make_unique<WatchSource>(std::move(*stream),
                                          editable == nullptr ? 0 : editable->revision());
}

}  // namespace

Task<void> list_configuration(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto keys = Query(request->target.query).all("key");
  configuration::Metadata none;
  auto items = co_await request->services.configuration.get(ctx, store->get(), std::move(keys),
                                                            std::move(none));
  if (!items) {
    co_await answer_error(ctx, request, std::move(items.error()));
    co_return;
  }
  const auto* editable = (*store)->editable();
  const std::uint64_t revision = editable == nullptr ? 0 : editable->revision();
  co_await answer_json(ctx, request, 200,
                       "{\"revision\":" + std::to_string(revision) +
                           ",\"items\":" + blocks::items_json(*items) + "}");
}

Task<void> write_configuration(Ctx ctx, Request* request) {
  auto call = co_await read_edit(ctx, request);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  auto wish = parse_revision(call->body);
  if (!wish) {
    co_await answer_error(ctx, request, malformed_request(wish.error().message));
    co_return;
  }
  auto written =
      co_await call->store->editable()->write(ctx, std::move(wish->changes), std::move(wish->note));
  co_await answer_written(ctx, request, "ERR_CONFIGURATION_SET", std::move(written));
}

Task<void> rollback_configuration(Ctx ctx, Request* request) {
  auto call = co_await read_edit(ctx, request);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  const auto revision = parse_rollback(call->body);
  if (!revision) {
    co_await answer_error(ctx, request, malformed_request(revision.error().message));
    co_return;
  }
  auto written = co_await call->store->editable()->rollback(ctx, *revision);
  co_await answer_written(ctx, request, "ERR_CONFIGURATION_ROLLBACK", std::move(written));
}

Task<void> get_configuration_history(Ctx ctx, Request* request) {
  auto store = store_of(request);
  if (store && (*store)->editable() == nullptr && (*store)->guarded() != nullptr) {
    const std::string told = blocks::generations_json((*store)->guarded()->generations());
    co_await answer_json(ctx, request, 200, "{\"generations\":" + told + "}");
    co_return;
  }
  if (store) store = editable_of(request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto limit = history_limit(*request);
  if (!limit) {
    co_await answer_error(ctx, request, std::move(limit.error()));
    co_return;
  }
  auto past = co_await (*store)->editable()->history(ctx, *limit);
  if (past) {
    co_await answer_json(ctx, request, 200, history_body(*past));
  } else {
    co_await answer_error(ctx, request, failed("ERR_CONFIGURATION_HISTORY", past.error()));
  }
}

Task<void> watch_configuration(Ctx ctx, Request* request) {
  auto source = co_await open_watch(ctx, request);
  if (!source) {
    co_await answer_error(ctx, request, std::move(source.error()));
    co_return;
  }
  http1::Response response;
  response.headers = "Content-Type: application/x-ndjson\r\n" + request->extra_headers;
  request->answered = response.status;
  auto sent = co_await request->exchange.send(ctx, std::move(response), source->get());
  if (!sent) log::debug("edge.api", "a watch ended", {{"error", sent.error().message}});
}

}  // namespace edge::api
