#include "edge/api/grpc/pass_on.h"

#include "edge/api/grpc/error_status.h"
#include "edge/base/strings.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/net/grpc/status.h"

namespace edge::api {
namespace {

grpc::Outcome failed(Code code, std::string message) {
  return {Error{code, std::move(message)}, "", {}};
}

std::string_view target_of(const HeaderList& metadata) {
  const auto callee = metadata.find("dapr-callee-app-id");
  if (callee && !callee->empty()) return *callee;
  return metadata.find("dapr-app-id").value_or("");
}

// As daprd says it, who is a client of the app. Source: wire reference §1.10.
grpc::Outcome not_passed(const Error& error, const std::optional<blocks::ApiError>& refusal) {
  if (refusal) return error_outcome(*refusal);
  switch (error.code) {
    case Code::kNotFound:
    case Code::kInvalidArgument:
      return failed(Code::kUnknown, error.message);
    case Code::kUnavailable:
      return failed(
          Code::kUnavailable,
          "connection error: desc = \"transport: Error while dialing: " + error.message + "\"");
    default:
      return failed(error.code, error.message);
  }
}

// The head of the answer: the app's, less what belongs to its own hop, with the lane it is in.
HeaderList head_of(const blocks::Reply& reply, std::string_view served) {
  HeaderList fields;
  for (const Header& field : reply.headers()) {
    if (field.name == kServedHeader || !blocks::travels_with_reply(field, {})) continue;
    fields.add(field.name, field.value);
  }
  if (!served.empty()) fields.add(kServedHeader, served);
  return fields;
}

// Copies as fast as the client takes it.
Task<Status> copy(Ctx ctx, ByteSource* from, http2::Stream* to) {
  while (!from->finished()) {
    auto piece = co_await from->read(ctx);
    if (!piece) co_return piece.error();
    auto sent = co_await to->write(ctx, *piece);
    if (!sent) co_return sent;
  }
  co_return Status();
}

// What an app tells in no number is not for its caller to make sense of.
bool tells_status(const HeaderList& fields) {
  const auto told = fields.find("grpc-status");
  return told && parse_unsigned(*told);
}

Task<grpc::Outcome> answer_with(Ctx ctx, http2::Stream* to, blocks::Reply* reply,
                                std::string_view served) {
  const int http = reply->status();
  if (http == 0) {
    // It failed before it began.
    auto nothing = co_await reply->body().read(ctx);
    co_return grpc::Outcome{
        nothing ? Status(Error{Code::kInternal, "no answer"}) : nothing.error(), "", {}};
  }
  if (http != 200) co_return grpc::Outcome{grpc::read_status(reply->headers(), http), "", {}};
  const HeaderList head = head_of(*reply, served);
  const blocks::RpcEnding* ending = reply->ending();
  const bool ends = ending != nullptr && ending->trailers == &reply->headers();
  if (ends && !tells_status(*ending->trailers)) co_return grpc::Outcome{ending->status, "", {}};
  auto begun = to->answer(200, head, ends ? http2::Follows::kNothing : http2::Follows::kBody);
  if (!begun || ends) {
    co_return grpc::Outcome{begun ? ending->status : begun, "", {}, begun.has_value()};
  }
  auto copied = co_await copy(ctx, &reply->body(), to);
  if (!copied) co_return grpc::Outcome{copied, "", {}};
  ending = reply->ending();
  if (ending->trailers == nullptr || !tells_status(*ending->trailers)) {
    co_return grpc::Outcome{ending->status, "", {}};
  }
  auto ended = co_await to->end(ctx, "", ending->trailers);
  co_return grpc::Outcome{ended ? ending->status : ended, "", {}, ended.has_value()};
}

// From whom a call is passed on, and with what.
struct Passing {
  blocks::Call call;
  std::optional<LaneTravel> travel;

  explicit Passing(Rpc& rpc) {
    call.target = target_of(rpc.metadata());
    call.form = blocks::CallForm::kRpc;
    call.path = rpc.call.path();
    call.headers = &rpc.metadata();
    call.body = &rpc.call.stream().body();
    if (!rpc.lane.lane.decided()) return;
    travel.emplace(rpc.services, rpc.lane.lane, rpc.metadata());
    travel->attach(call);
  }
};

grpc::Outcome unaddressed() {
  return failed(Code::kUnknown,
                "cannot proxy request: missing dapr-callee-app-id or dapr-app-id metadata");
}

Task<grpc::Outcome> finish(Ctx ctx, Rpc* rpc, Passing* passing,
                           Result<std::unique_ptr<blocks::Reply>> reply) {
  auto& travel = passing->travel;
  const blocks::Reply* from = reply ? reply->get() : nullptr;
  const auto served = travel ? travel->note_served(from) : std::nullopt;
  if (!reply) {
    co_return not_passed(reply.error(), travel ? travel->refusal(reply.error()) : std::nullopt);
  }
  http2::Stream& stream = rpc->call.stream();
  auto outcome = co_await answer_with(ctx, &stream, reply->get(), served ? served->view() : "");
  co_await (*reply)->close();
  co_return outcome;
}

}  // namespace

Task<grpc::Outcome> pass_on(Ctx ctx, Rpc* rpc) {
  Passing passing(*rpc);
  if (passing.call.target.empty()) co_return unaddressed();
  auto reply = co_await rpc->services.invoker.pass(ctx, rpc->app, &passing.call);
  co_return co_await finish(ctx, rpc, &passing, std::move(reply));
}

Task<grpc::Outcome> pass_in(Ctx ctx, Rpc* rpc) {
  Passing passing(*rpc);
  if (passing.call.target.empty()) co_return unaddressed();
  passing.call.caller = rpc->metadata().find("dapr-caller-app-id").value_or("");
  passing.call.caller_namespace = rpc->metadata().find("dapr-caller-namespace").value_or("");
  auto reply = co_await rpc->services.invoker.deliver(ctx, &passing.call);
  co_return co_await finish(ctx, rpc, &passing, std::move(reply));
}

}  // namespace edge::api
