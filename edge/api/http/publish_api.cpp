// Publish over HTTP. Source: wire reference §3.1, §3.4.

#include "edge/api/http/handlers.h"
#include "edge/api/http/publish_body.h"
#include "edge/blocks/pubsub/publish_errors.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

using blocks::ApiResult;
using blocks::errors::TopicOf;

constexpr std::size_t kMaxHeaderValue = 4096;

pubsub::Metadata metadata_of(const Request& request) {
  pubsub::Metadata metadata;
  for (auto& [name, value] : Query(request.target.query).metadata()) {
    metadata.emplace(std::move(name), std::move(value));
  }
  return metadata;
}

// What the topic's path names, and the body, once it is known that it may be published to.
struct PublishCall {
  std::string pubsub;
  std::string topic;
  pubsub::Metadata metadata;
  std::string body;
};

Task<ApiResult<PublishCall>> read_call(Ctx ctx, Request* request) {
  PublishCall call{request->parameters[0], request->parameters[1], metadata_of(*request), ""};
  auto checked =
      request->services.pubsub.check(*request->app, call.pubsub, call.topic, call.metadata);
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  const std::uint64_t limit = request->services.body_limit();
  auto body = co_await read_all(ctx, &request->exchange.body(), limit);
  if (!body) {
    const TopicOf where{call.pubsub, call.topic};
    auto error = blocks::errors::not_published(where, body.error());
    if (body.error().code == Code::kResourceExhausted) error.http = 413;
    co_return std::unexpected(std::move(error));
  }
  call.body = std::move(*body);
  co_return call;
}

Task<void> answer_published(Ctx ctx, Request* request, pubsub::Durability durability) {
  http1::Response response;
  response.status = 204;
  http1::append_header(response.headers, "x-durability", blocks::to_text(durability));
  co_await answer(ctx, request, std::move(response), "");
}

// The trace of the request, where nothing on the way has made one.
Trace trace_of(Ctx ctx, const Request& request) {
  if (ctx.trace() != nullptr) return *ctx.trace();
  const HeaderList& headers = request.headers();
  return {headers.find("traceparent").value_or(""), headers.find("tracestate").value_or(""), {}};
}

// A header's value; too long a one would not reach the app.
void append_value(std::string& headers, std::string_view name, std::string value) {
  if (value.size() > kMaxHeaderValue) return;
  for (char& c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  http1::append_header(headers, name, value);
}

Task<void> answer_failed(Ctx ctx, Request* request, TopicOf where,
                         std::vector<blocks::FailedEntry> failed) {
  const std::string body = failed_entries_body(failed);
  const Error first{Code::kInternal, failed.front().error};
  http1::Response response;
  response.status = 500;
  response.headers = "Content-Type: application/json\r\n";
  append_value(response.headers, "metadata.responseData", body);
  append_value(response.headers, "metadata.error",
               blocks::errors::not_published(where, first).message);
  co_await answer(ctx, request, std::move(response), body);
}

}  // namespace

Task<void> publish(Ctx ctx, Request* request) {
  auto call = co_await read_call(ctx, request);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  blocks::PublishRequest publication{
      std::move(call->pubsub),   std::move(call->topic),
      std::move(call->body),     "",
      std::move(call->metadata), {request->lane.lane, request->lane.inherits}};
  publication.content_type = request->headers().find("content-type").value_or("");
  const ComponentCall counted(request->counted(), &observe::ComponentMetrics::pubsub_egress,
                              request->parameters[0], request->parameters[1]);
  const Trace trace = trace_of(ctx, *request);
  const Ctx traced = ctx.with_trace(trace);
  auto reached =
      co_await request->services.pubsub.publish(traced, request->app, std::move(publication));
  counted.done_with(reached);
  if (reached) {
    co_await answer_published(ctx, request, *reached);
  } else {
    co_await answer_error(ctx, request, std::move(reached.error()));
  }
}

Task<void> bulk_publish(Ctx ctx, Request* request) {
  auto call = co_await read_call(ctx, request);
  if (!call) {
    co_await answer_error(ctx, request, std::move(call.error()));
    co_return;
  }
  blocks::BulkPublishRequest all{call->pubsub,
                                 call->topic,
                                 {},
                                 std::move(call->metadata),
                                 {request->lane.lane, request->lane.inherits}};
  auto entries = parse_bulk_publish(request->app->id(), all, call->body);
  if (!entries) {
    co_await answer_error(ctx, request, std::move(entries.error()));
    co_return;
  }
  all.entries = std::move(*entries);
  const std::size_t count = all.entries.size();
  const ComponentCall counted(request->counted(), &observe::ComponentMetrics::pubsub_egress_bulk,
                              request->parameters[0], request->parameters[1]);
  const Trace trace = trace_of(ctx, *request);
  const Ctx traced = ctx.with_trace(trace);
  auto published =
      co_await request->services.pubsub.publish_all(traced, request->app, std::move(all));
  const bool whole = published && published->failed.empty();
  counted.done(observe::success_text(whole), published ? count - published->failed.size() : 0);
  if (!published) {
    co_await answer_error(ctx, request, std::move(published.error()));
  } else if (whole) {
    co_await answer_published(ctx, request, published->durability);
  } else {
    const TopicOf where{call->pubsub, call->topic};
    co_await answer_failed(ctx, request, where, std::move(published->failed));
  }
}

}  // namespace edge::api
