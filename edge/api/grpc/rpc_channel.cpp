#include "edge/api/grpc/rpc_channel.h"

#include <utility>

#include "edge/api/grpc/counted_rpc.h"
#include "edge/api/grpc/invoke_reply.h"
#include "edge/api/grpc/messages/invoke_messages.h"
#include "edge/api/grpc/passed_reply.h"

namespace edge::api {
namespace {

using blocks::Call;
using blocks::Reply;

constexpr std::string_view kOnInvoke = "/dapr.proto.runtime.v1.AppCallback/OnInvoke";

// By the number of HTTPExtension.Verb.
constexpr std::string_view kVerbs[] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                       "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

// Servers of gRPC end connections that are pinged more often than every five minutes.
constexpr Duration kQuietTime = std::chrono::minutes(6);

http2::ClientLimits own_limits() {
  http2::ClientLimits limits;
  limits.quiet_time = kQuietTime;
  return limits;
}

rpc::InvokeRequest request_of(const Call& call, std::string body) {
  rpc::InvokeRequest request;
  request.method = call.path.substr(call.path.starts_with('/') ? 1 : 0);
  request.data = {std::string(call.type_url), std::move(body)};
  request.content_type = call.type_url.empty() ? call.headers->find("content-type").value_or("")
                                               : "application/x-protobuf";
  rpc::HttpExtension extension{0, std::string(call.query)};
  for (const std::string_view verb : kVerbs) {
    if (verb == call.verb) break;
    ++extension.verb;
  }
  if (!call.verb.empty()) request.http_extension = std::move(extension);
  return request;
}

std::string printed(rpc::InvokeRequest request) {
  return protobuf::print(request);
}

// The caller's body did not come whole: nothing to be tried again.
Error unfinished(const Error& error) {
  return error.code == Code::kUnavailable ? Error{Code::kInternal, error.message} : error;
}

// Cancelled: nobody waits for what the app says.
template <class T>
Result<std::unique_ptr<Reply>> unless_cancelled(Ctx ctx, std::unique_ptr<T> reply) {
  if (ctx.cancelled()) return ctx.error();
  return std::unique_ptr<Reply>(std::move(reply));
}

}  // namespace

// A connection takes what all of its streams may hold.
http2::ClientLimits passing_limits() {
  http2::ClientLimits limits = own_limits();
  limits.streams = 256;
  limits.stream_window = 16 * 1024;
  limits.connection_window = limits.streams * limits.stream_window;
  return limits;
}

RpcChannel::RpcChannel(UvLoop& loop, const Dial& dial, RpcChannelSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      client_(loop, dial(), own_limits()),
      passing_(loop, dial(), passing_limits()) {}

Task<void> RpcChannel::close() {
  co_await client_.close();
  co_await passing_.close();
}

http2::RequestHead RpcChannel::head_of(std::string_view path, const CallFields& fields) const {
  http2::RequestHead head;
  head.authority = settings_.authority;
  head.path = path;
  head.fields = &fields.list();
  return head;
}

Task<Result<std::unique_ptr<Reply>>> RpcChannel::call(Ctx ctx, const Call* call) {
  return call->form == blocks::CallForm::kRpc ? pass(ctx, call) : invoke(ctx, call);
}

Task<Result<std::unique_ptr<Reply>>> RpcChannel::invoke(Ctx ctx, const Call* call) {
  const CallFields fields(*call, settings_.fields);
  CountedRpc counted(loop_, meter(), kOnInvoke);
  auto rpc = std::make_unique<grpc::ClientCall>(client_, head_of(kOnInvoke, fields));
  auto opened = co_await rpc->open(ctx);
  if (!opened) counted.ended(opened);
  if (!opened) co_return opened.error();
  auto body = co_await read_all(ctx, call->body, settings_.message_limit);
  if (!body) co_return unfinished(body.error());
  std::string message = printed(request_of(*call, std::move(*body)));
  const std::size_t sent_bytes = message.size();
  auto answer = co_await rpc->exchange(ctx, std::move(message), settings_.message_limit);
  counted.ended(answer.ending.status);
  counted.carried(sent_bytes, answer.message.size());
  co_return unless_cancelled(ctx, std::make_unique<InvokeReply>(std::move(rpc), std::move(answer)));
}

Task<Result<std::unique_ptr<Reply>>> RpcChannel::pass(Ctx ctx, const Call* call) {
  const CallFields fields(*call, settings_.fields);
  http2::Client& client = call->body->length() ? client_ : passing_;
  auto rpc = std::make_unique<grpc::ClientCall>(client, head_of(call->path, fields));
  auto counted = std::make_unique<CountedRpc>(loop_, meter(), call->path);
  auto opened = co_await rpc->open(ctx);
  if (!opened) counted->ended(opened);
  if (!opened) co_return opened.error();
  auto reply = std::make_unique<PassedReply>(ctx, loop_, std::move(rpc), std::move(counted));
  auto begun = co_await reply->begin(ctx, call->body);
  // What failed on its way fails again for whoever reads the answer.
  if (begun || !ctx.cancelled()) co_return std::unique_ptr<Reply>(std::move(reply));
  co_await reply->close();
  co_return ctx.error();
}

}  // namespace edge::api
