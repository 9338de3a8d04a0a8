#include "edge/api/internals/peer_channel.h"

#include "edge/api/grpc/passed_reply.h"
#include "edge/api/grpc/rpc_channel.h"
#include "edge/api/internals/peer_reply.h"
#include "edge/api/internals/peer_request.h"
#include "edge/api/internals/value_map.h"

namespace edge::api {
namespace {

using blocks::Call;
using blocks::Reply;

// A body that is no longer is held, so that the call can be repeated where nothing was done.
constexpr std::uint64_t kMostHeld = std::uint64_t{64} * 1024;
// A host of the same network that takes longer is not there.
constexpr Duration kDialTime = std::chrono::seconds(2);

constexpr std::string_view kCallLocal = "CallLocal";
constexpr std::string_view kCallLocalStream = "CallLocalStream";

http2::ClientLimits peer_limits() {
  http2::ClientLimits limits = passing_limits();
  limits.dial_time = kDialTime;
  return limits;
}

std::string path_of(std::string_view method) {
  return std::string(kServiceInvocation).append(method);
}

// What the gRPC call itself carries.
HeaderList call_fields(const Call& call) {
  HeaderList fields;
  grpc::add_call_fields(fields);
  for (const std::string_view name : {"traceparent", "tracestate"}) {
    const auto value = call.headers->find(name);
    if (value && !value->empty()) fields.add(name, *value);
  }
  return fields;
}

// The caller's body did not come whole: nothing to be tried again.
Error unfinished(const Error& error) {
  return error.code == Code::kUnavailable ? Error{Code::kInternal, error.message} : error;
}

bool fits(const ByteSource& body) {
  return body.finished() || body.length().value_or(UINT64_MAX) <= kMostHeld;
}

}  // namespace

PeerChannel::PeerChannel(UvLoop& loop, PeerSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      authority_(settings_.address.text()),
      client_(loop, socket_dialer(loop, settings_.address), peer_limits()) {}

Task<Result<std::unique_ptr<Reply>>> PeerChannel::call(Ctx ctx, const Call* call) {
  return call->form == blocks::CallForm::kRpc ? pass(ctx, call) : invoke(ctx, call);
}

Task<Result<std::unique_ptr<Reply>>> PeerChannel::invoke(Ctx ctx, const Call* call) {
  const HeaderList fields = call_fields(*call);
  const std::string path = path_of(kCallLocalStream);
  http2::RequestHead head;
  head.authority = authority_;
  head.path = path;
  head.fields = &fields;
  auto rpc = std::make_unique<grpc::ClientCall>(client_, head);
  auto opened = co_await rpc->open(ctx);
  if (!opened) co_return opened.error();
  rpc::InternalRequestChunk chunk;
  chunk.head = internal_request(*call, settings_.hub);
  const bool held = fits(*call->body);
  if (held) {
    auto body = co_await read_all(ctx, call->body, kMostHeld);
    if (!body) co_return unfinished(body.error());
    if (!body->empty()) chunk.payload.emplace(std::move(*body), 0);
  }
  const std::string bytes = grpc::framed(protobuf::print(chunk));
  auto reply = std::make_unique<PeerReply>(ctx, loop_, std::move(rpc), settings_.message_limit);
  auto begun = co_await reply->begin_stream(ctx, bytes, held ? nullptr : call->body);
  if (begun) co_return std::unique_ptr<Reply>(std::move(reply));
  co_await reply->close();
  if (ctx.cancelled()) co_return ctx.error();
  if (!held || begun.error().code != Code::kUnimplemented) co_return begun.error();
  co_return co_await repeat(ctx, call, chunk.payload ? std::move(chunk.payload->data) : "");
}

// For daprds that know calls of one message only.
Task<Result<std::unique_ptr<Reply>>> PeerChannel::repeat(Ctx ctx, const Call* call,
                                                         std::string body) {
  const HeaderList fields = call_fields(*call);
  const std::string path = path_of(kCallLocal);
  http2::RequestHead head;
  head.authority = authority_;
  head.path = path;
  head.fields = &fields;
  auto rpc = std::make_unique<grpc::ClientCall>(client_, head);
  auto opened = co_await rpc->open(ctx);
  if (!opened) co_return unfinished(opened.error());
  rpc::InternalRequest request = internal_request(*call, settings_.hub);
  request.message->data.value = std::move(body);
  auto reply = std::make_unique<PeerReply>(ctx, loop_, std::move(rpc), settings_.message_limit);
  auto begun = co_await reply->begin_unary(ctx, protobuf::print(request));
  if (begun) co_return std::unique_ptr<Reply>(std::move(reply));
  co_return begun.error();
}

Task<Result<std::unique_ptr<Reply>>> PeerChannel::pass(Ctx ctx, const Call* call) {
  const AppFields hub{"", settings_.hub};
  const CallFields fields(*call, hub);
  http2::RequestHead head;
  head.authority = authority_;
  head.path = call->path;
  head.fields = &fields.list();
  auto rpc = std::make_unique<grpc::ClientCall>(client_, head);
  auto opened = co_await rpc->open(ctx);
  if (!opened) co_return opened.error();
  auto counted = std::make_unique<CountedRpc>(loop_, nullptr, call->path);
  auto reply = std::make_unique<PassedReply>(ctx, loop_, std::move(rpc), std::move(counted));
  auto begun = co_await reply->begin(ctx, call->body);
  // What failed on its way fails again for whoever reads the answer.
  if (begun || !ctx.cancelled()) co_return std::unique_ptr<Reply>(std::move(reply));
  co_await reply->close();
  co_return ctx.error();
}

Task<Status> PeerProbe::probe(Ctx ctx) {
  auto socket = co_await connect(loop_, ctx, address_);
  if (!socket) co_return socket.error();
  co_return Status();
}

}  // namespace edge::api
