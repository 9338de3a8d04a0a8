#include "edge/api/internals/peer_server.h"

#include "edge/api/grpc/call_fields.h"
#include "edge/api/grpc/error_status.h"
#include "edge/api/grpc/pass_on.h"
#include "edge/api/internals/payloads.h"
#include "edge/api/internals/peer_request.h"
#include "edge/api/internals/value_map.h"
#include "edge/blocks/invoke/headers.h"

namespace edge::api {
namespace {

using grpc::Outcome;

Outcome failed(const Error& error) {
  return {error, "", {}};
}

// What a service without that method, or without that service, says.
Outcome not_here(std::string_view path) {
  const std::string_view service = path.substr(1, path.rfind('/') - 1);
  const std::string_view method = path.substr(path.rfind('/') + 1);
  return failed({Code::kUnimplemented,
                 "unknown method " + std::string(method) + " for service " + std::string(service)});
}

void add_travelling(rpc::ValueMap& map, const HeaderList& fields) {
  for (const Header& field : fields) {
    if (travels_back(field)) add_value(map, field.name, field.value);
  }
}

// The head of the answer to another hub.
rpc::InternalAnswer head_of(blocks::Reply& reply, const std::optional<policy::LaneId>& served) {
  rpc::InternalAnswer answer;
  rpc::RpcStatus& status = answer.status.emplace();
  rpc::InvokeResponse& message = answer.message.emplace();
  message.content_type = reply.headers().find("content-type").value_or("");
  if (const blocks::RpcEnding* end = reply.ending()) {
    if (!end->status) {
      if (!protobuf::parse(end->details, status)) status = {};
      status.code = static_cast<std::int32_t>(end->status.error().code);
      status.message = end->status.error().message;
    }
    message.data.type_url = end->type_url;
    if (end->metadata != nullptr) add_travelling(answer.headers, *end->metadata);
    if (end->trailers != nullptr) add_travelling(answer.trailers, *end->trailers);
  } else {
    status.code = reply.status();
    const auto connection = blocks::connection_options(reply.headers());
    for (const Header& header : reply.headers()) {
      const bool own = equals_ignoring_case(header.name, kServedHeader);
      if (own || !blocks::travels_with_reply(header, connection)) continue;
      add_value(answer.headers, header.name, header.value);
    }
  }
  if (served) add_value(answer.headers, kServedHeader, served->view());
  return answer;
}

// The words of an app that failed are its status.
bool has_body(blocks::Reply& reply) {
  const blocks::RpcEnding* end = reply.ending();
  return end == nullptr || end->status.has_value();
}

Task<Outcome> answer_whole(Ctx ctx, rpc::InternalAnswer* answer, blocks::Reply* reply,
                           std::uint64_t limit) {
  if (has_body(*reply)) {
    auto body = co_await read_all(ctx, &reply->body(), limit);
    if (!body) co_return failed({Code::kInternal, body.error().message});
    answer->message->data.value = std::move(*body);
  }
  Outcome outcome;
  outcome.message = protobuf::print(*answer);
  co_return outcome;
}

Task<Status> send_pieces(Ctx ctx, grpc::ServerCall* call, std::string_view rest,
                         std::uint64_t* seq) {
  while (!rest.empty()) {
    rpc::InternalAnswerChunk chunk;
    chunk.payload.emplace(std::string(rest.substr(0, kPayloadBytes)), (*seq)++);
    rest.remove_prefix(chunk.payload->data.size());
    const std::string message = protobuf::print(chunk);
    auto sent = co_await call->write(ctx, message);
    if (!sent) co_return sent;
  }
  co_return Status();
}

Task<Outcome> answer_streamed(Ctx ctx, grpc::ServerCall* call, rpc::InternalAnswer answer,
                              blocks::Reply* reply) {
  rpc::InternalAnswerChunk first;
  first.head = std::move(answer);
  const std::string head = protobuf::print(first);
  auto sent = co_await call->write(ctx, head);
  if (!sent || !has_body(*reply)) co_return Outcome{sent, "", {}};
  std::uint64_t seq = 0;
  ByteSource& body = reply->body();
  while (!body.finished()) {
    auto piece = co_await body.read(ctx);
    if (!piece) co_return failed({Code::kInternal, piece.error().message});
    if (piece->empty()) break;
    sent = co_await send_pieces(ctx, call, *piece, &seq);
    if (!sent) co_return failed(sent.error());
  }
  co_return Outcome{};
}

}  // namespace

PeerServer::PeerServer(Services& services, Settings settings)
    : services_(services), settings_(std::move(settings)), stranger_(services.loop, {}, nullptr) {}

Task<Outcome> PeerServer::handle(Ctx ctx, grpc::ServerCall* call) {
  const std::string_view path = call->path();
  if (!path.starts_with(kServiceInvocation)) return pass_to_app(ctx, call);
  const std::string_view method = path.substr(kServiceInvocation.size());
  if (method == "CallLocalStream") return call_local_stream(ctx, call);
  return call_local(ctx, call);
}

// Nobody there is believed what it says of itself.
LaneDecision PeerServer::lane_of(const HeaderList& headers) {
  return decide_lane(services_, {&stranger_, false, Identity::kAssumed}, headers);
}

// Only apps that speak gRPC do without.
Status PeerServer::check_extension(const Delivery& delivery) const {
  const std::string_view target = delivery.call().target;
  const blocks::App* app = services_.apps.first(target.substr(0, target.find('.')));
  const bool needed = app != nullptr && app->callable() && !app->speaks_grpc();
  if (!needed || delivery.has_extension()) return {};
  return Error{Code::kInternal,
               "error invoking app channel: rpc error: code = InvalidArgument desc = missing HTTP "
               "extension field"};
}

Status PeerServer::admit(const Delivery& delivery) const {
  if (settings_.strangers == StrangerRule::kAllowed) return {};
  return Error{Code::kPermissionDenied,
               "access control policy has denied access to id:  operation: " +
                   delivery.call().path + " verb: " + std::string(delivery.call().verb)};
}

Task<Outcome> PeerServer::pass_to_app(Ctx ctx, grpc::ServerCall* call) {
  if (settings_.strangers == StrangerRule::kDenied) {
    co_return failed(
        {Code::kPermissionDenied, "access control policy has denied access to id:  operation: " +
                                      std::string(call->path()) + " verb: NONE"});
  }
  Rpc rpc{services_, *call};
  rpc.lane = lane_of(call->metadata());
  co_return co_await pass_in(ctx, &rpc);
}

Task<Outcome> PeerServer::call_local(Ctx ctx, grpc::ServerCall* call) {
  if (call->path().substr(kServiceInvocation.size()) != "CallLocal") {
    co_return not_here(call->path());
  }
  auto message = co_await call->read_only(ctx);
  if (!message) co_return failed(message.error());
  rpc::InternalRequest request;
  Status read = protobuf::parse(*message, request);
  Delivery delivery;
  if (read) read = delivery.read(std::move(request));
  if (!read) co_return failed(read.error());
  call->drop_message();
  TextSource body(delivery.data());
  delivery.set_body(body);
  co_return co_await deliver(ctx, call, &delivery, Answering::kWhole);
}

Task<Outcome> PeerServer::call_local_stream(Ctx ctx, grpc::ServerCall* call) {
  const grpc::MessageLimits& limits = call->limits();
  grpc::MessageReader messages(call->stream().body(), limits.message_bytes, nullptr, limits.budget);
  auto first = co_await messages.next(ctx);
  if (!first) co_return failed(first.error());
  rpc::InternalRequestChunk chunk;
  Status read = protobuf::parse(first->value_or(""), chunk);
  Delivery delivery;
  if (read) read = delivery.read(chunk.head ? std::move(*chunk.head) : rpc::InternalRequest());
  if (!read) co_return failed(read.error());
  PayloadSource body(messages, std::move(chunk.payload));
  body.expect(delivery.length());
  auto looked = co_await body.look(ctx);
  if (!looked) co_return failed(looked.error());
  delivery.set_body(body);
  co_return co_await deliver(ctx, call, &delivery, Answering::kStreamed);
}

Task<Outcome> PeerServer::deliver(Ctx ctx, grpc::ServerCall* server_call, Delivery* delivery,
                                  Answering answering) {
  if (auto admitted = admit(*delivery); !admitted) co_return failed(admitted.error());
  blocks::Call& call = delivery->call();
  if (call.target.empty()) call.target = settings_.only_app;
  std::optional<LaneTravel> travel;
  const LaneDecision lane = lane_of(delivery->headers());
  if (lane.lane.decided()) {
    travel.emplace(services_, lane.lane, delivery->headers());
    travel->attach(call);
  }
  if (auto whole = check_extension(*delivery); !whole) co_return failed(whole.error());
  auto reply = co_await services_.invoker.deliver(ctx, &call);
  const blocks::Reply* from = reply ? reply->get() : nullptr;
  const auto served = travel ? travel->note_served(from) : std::nullopt;
  if (!reply) {
    const auto refusal = travel ? travel->refusal(reply.error()) : std::nullopt;
    co_return refusal ? error_outcome(*refusal) : failed(reply.error());
  }
  rpc::InternalAnswer answer = head_of(**reply, served);
  Outcome outcome;
  if (answering == Answering::kWhole) {
    outcome = co_await answer_whole(ctx, &answer, reply->get(), services_.body_limit());
  } else {
    outcome = co_await answer_streamed(ctx, server_call, std::move(answer), reply->get());
  }
  co_await (*reply)->close();
  co_return outcome;
}

}  // namespace edge::api
