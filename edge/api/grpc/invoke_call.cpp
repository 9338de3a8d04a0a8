// InvokeService: calls of apps' methods. Source: wire reference §1.7.
#include <algorithm>
#include <array>

#include "edge/api/grpc/call_fields.h"
#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/invoke_messages.h"
#include "edge/api/grpc/messages/status_messages.h"
#include "edge/base/log.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/blocks/invoke/method.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;

// By the number of HTTPExtension.Verb; "" is none that a call can have.
constexpr auto kVerbs = std::to_array<std::string_view>(
    {"", "GET", "HEAD", "POST", "PUT", "DELETE", "", "OPTIONS", "TRACE", "PATCH"});

constexpr std::size_t kShownBody = 63;

std::unexpected<ApiError> invalid(std::string message) {
  return std::unexpected(ApiError{.grpc = Code::kInvalidArgument, .message = std::move(message)});
}

ApiError not_invoked(std::string_view id, const Error& error) {
  ApiError shown{.tag = "ERR_DIRECT_INVOKE"};
  if (error.code == Code::kPermissionDenied) shown.grpc = error.code;
  shown.message = "failed to invoke, id: " + std::string(id) + ", err: " + error.message;
  return shown;
}

std::string_view query_of(const rpc::InvokeRequest& message) {
  return message.http_extension ? std::string_view(message.http_extension->query) : "";
}

// Neither may end a line of the callee's request before its time.
bool fits_head(const rpc::InvokeRequest& message) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; };
  const auto in_target = [&plain](char c) { return plain(c) && c != ' ' && c != '#'; };
  return std::ranges::all_of(message.content_type, plain) &&
         std::ranges::all_of(query_of(message), in_target);
}

// Apps that speak gRPC are told what the caller says, which may be nothing.
ApiResult<std::string_view> verb_of(const rpc::InvokeRequest& message,
                                    blocks::AppProtocol protocol) {
  const bool needs_verb = protocol == blocks::AppProtocol::kHttp;
  if (!message.http_extension && needs_verb) return invalid("missing HTTP extension field");
  const std::int32_t number = message.http_extension ? message.http_extension->verb : 0;
  const bool known = number > 0 && number < static_cast<std::int32_t>(kVerbs.size());
  const std::string_view verb = known ? kVerbs[static_cast<std::size_t>(number)] : "";
  if (verb.empty() && needs_verb) return invalid("invalid HTTP verb");
  if (!fits_head(message)) return invalid("invalid content type or query string");
  return verb;
}

// The caller's metadata as headers; what belongs to the gRPC call itself stays.
HeaderList headers_of(const HeaderList& metadata, const std::string& content_type) {
  HeaderList headers;
  for (const Header& header : metadata) {
    if (header.name == "content-type" || header.name == "te") continue;
    headers.add(header.name, header.value);
  }
  if (!content_type.empty()) headers.add("content-type", content_type);
  return headers;
}

void pass_headers_on(grpc::ServerCall& call, const blocks::Reply& reply) {
  const HeaderList& headers = reply.headers();
  const auto connection = blocks::connection_options(headers);
  for (const Header& header : headers) {
    if (!blocks::travels_with_reply(header, connection)) continue;
    std::string name = to_lower(header.name);
    if (name == kServedHeader || name.starts_with("grpc-")) continue;
    if (is_permanent_header(name)) name.insert(0, "dapr-");
    call.add_metadata(std::move(name), std::string(header.value));
  }
  call.add_metadata("dapr-http-status", std::to_string(reply.status()));
}

// The beginning of a body, as far as it is text.
std::string shown_part(std::string_view body) {
  std::string_view part = body.substr(0, kShownBody);
  for (int cut = 0; cut < 4 && !is_utf8(part); ++cut) part.remove_suffix(1);
  return std::string(is_utf8(part) ? part : "");
}

ApiError refused_by_app(int status, std::string_view body) {
  ApiError error{.grpc = code_from_http(status)};
  error.message = http1::reason_phrase(status);
  if (error.message.empty()) error.message = "HTTP status " + std::to_string(status);
  error.reason = error.message;
  error.metadata = {{"http.code", std::to_string(status)},
                    {"http.error_message", shown_part(body)}};
  return error;
}

// Of an app that speaks gRPC: as it answered.
RpcAnswer answer_as(Rpc* rpc, const blocks::RpcEnding& end, std::string body,
                    std::string_view content_type) {
  if (end.metadata != nullptr) {
    for (const Header& field : *end.metadata) {
      if (travels_back(field))
        rpc->call.add_metadata(std::string(field.name), std::string(field.value));
    }
  }
  if (end.trailers != nullptr) {
    for (const Header& field : *end.trailers) {
      if (travels_back(field))
        rpc->call.add_trailer(std::string(field.name), std::string(field.value));
    }
  }
  if (!end.status) {
    rpc->details = end.details;
    const Error& error = end.status.error();
    return std::unexpected(ApiError{.grpc = error.code, .message = error.message});
  }
  rpc::InvokeResponse response;
  response.data = {std::string(end.type_url), std::move(body)};
  response.content_type = content_type;
  return answer_of(std::move(response));
}

Task<RpcAnswer> answer_with(Ctx ctx, Rpc* rpc, blocks::Reply* reply, std::string_view id) {
  auto body = co_await read_all(ctx, &reply->body(), rpc->services.body_limit());
  if (!body) {
    ApiError error = not_invoked(id, body.error());
    if (body.error().code == Code::kResourceExhausted) error.grpc = Code::kResourceExhausted;
    co_return std::unexpected(std::move(error));
  }
  const auto content_type = reply->headers().find("content-type").value_or("");
  if (const blocks::RpcEnding* end = reply->ending()) {
    co_return answer_as(rpc, *end, std::move(*body), content_type);
  }
  pass_headers_on(rpc->call, *reply);
  const int status = reply->status();
  if (status < 200 || status > 299) co_return std::unexpected(refused_by_app(status, *body));
  rpc::InvokeResponse response;
  response.data.value = std::move(*body);
  response.content_type = content_type;
  co_return answer_of(std::move(response));
}

Task<RpcAnswer> call_and_answer(Ctx ctx, Rpc* rpc, blocks::Call* call) {
  std::optional<LaneTravel> travel;
  const HeaderList own = *call->headers;
  if (rpc->lane.lane.decided()) {
    travel.emplace(rpc->services, rpc->lane.lane, own);
    travel->attach(*call);
  }
  auto reply = co_await rpc->services.invoker.invoke(ctx, rpc->app, call);
  const blocks::Reply* from = reply ? reply->get() : nullptr;
  if (const auto served = travel ? travel->note_served(from) : std::nullopt) {
    rpc->call.add_metadata(std::string(kServedHeader), std::string(served->view()));
  }
  if (!reply) {
    auto refusal = travel ? travel->refusal(reply.error()) : std::nullopt;
    co_return std::unexpected(refusal ? std::move(*refusal)
                                      : not_invoked(call->target, reply.error()));
  }
  auto answer = co_await answer_with(ctx, rpc, reply->get(), call->target);
  co_await (*reply)->close();
  co_return answer;
}

}  // namespace

Task<RpcAnswer> rpc_invoke(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::InvokeServiceRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  rpc->drop_message();
  const rpc::InvokeRequest& message = request->message;
  const bool to_grpc = rpc->services.invoker.may_speak_grpc(request->id);
  auto verb = verb_of(message, to_grpc ? blocks::AppProtocol::kGrpc : blocks::AppProtocol::kHttp);
  if (!verb) co_return std::unexpected(std::move(verb.error()));
  auto path = blocks::method_path(message.method);
  if (!path) co_return invalid(path.error().message);
  const HeaderList headers = headers_of(rpc->metadata(), message.content_type);
  TextSource body(message.data.value);
  blocks::Call call;
  call.verb = *verb;
  call.began = rpc->began;
  call.path = std::move(*path);
  call.query = query_of(message);
  call.type_url = message.data.type_url;
  call.headers = &headers;
  call.body = &body;
  call.target = request->id;
  const bool has_peers = !rpc->services.invoker.elsewhere().all().empty();
  if (has_peers && headers.find(blocks::kHopHeader)) call.reach = blocks::Reach::kThisHub;
  co_return co_await call_and_answer(ctx, rpc, &call);
}

}  // namespace edge::api
