#include "edge/api/http/invoke_api.h"

#include "edge/api/http/limited_source.h"
#include "edge/api/lane_entry.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/blocks/invoke/headers.h"
#include "edge/blocks/invoke/method.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

constexpr std::string_view kInvokePrefix = "/v1.0/invoke/";
constexpr std::string_view kMethodPart = "/method/";

std::string_view without_slash(std::string_view path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

std::optional<std::string> app_id_of_basic(const HeaderList& headers) {
  const auto authorization = headers.find("authorization");
  if (!authorization || !starts_with_ignoring_case(*authorization, "basic ")) return std::nullopt;
  const auto decoded = base64_decode(trim(authorization->substr(6)));
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos || decoded->find(':', colon + 1) != std::string::npos ||
      !equals_ignoring_case(std::string_view(*decoded).substr(0, colon), "dapr-app-id")) {
    return std::nullopt;
  }
  return decoded->substr(colon + 1);
}

// The path after `prefix`, where slashes may be repeated; nothing where it does not begin so.
std::optional<std::string_view> after_prefix(std::string_view path, std::string_view prefix) {
  if (path.starts_with(prefix) && !path.substr(prefix.size()).starts_with('/')) {
    return path.substr(prefix.size());
  }
  while (!prefix.empty()) {
    if (path.empty() || path.front() != prefix.front()) return std::nullopt;
    const bool slash = prefix.front() == '/';
    path.remove_prefix(1);
    prefix.remove_prefix(1);
    while (slash && path.starts_with('/')) path.remove_prefix(1);
  }
  return path;
}

// The raw path counts: cleaning would fold the slashes of "http://host".
std::optional<Addressed> app_of_path(std::string_view raw_path) {
  const auto rest = after_prefix(raw_path, kInvokePrefix);
  if (!rest) return std::nullopt;
  const std::size_t at = rest->find(kMethodPart);
  if (at == std::string_view::npos) return std::nullopt;
  auto id = percent_decode(rest->substr(0, at), PlusSign::kIsSpace);
  if (!id) return std::nullopt;
  return Addressed{std::move(*id), rest->substr(at + kMethodPart.size())};
}

blocks::ApiError invoke_error(std::string_view id, const Error& error) {
  blocks::ApiError shown{.tag = "ERR_DIRECT_INVOKE"};
  if (error.code == Code::kPermissionDenied) shown.http = 403;
  if (error.code == Code::kResourceExhausted) shown.http = 413;
  shown.grpc = error.code;
  shown.message = "failed to invoke, id: " + std::string(id) + ", err: " + error.message;
  return shown;
}

// The head of the answer to the caller: the callee's, less what belongs to its own hop.
http1::Response response_for(const Request& request, blocks::Reply& reply) {
  http1::Response response;
  response.status = reply.status();
  response.length = reply.body().length();
  const HeaderList& headers = reply.headers();
  const auto connection = blocks::connection_options(headers);
  response.headers.reserve(512);
  for (const Header& header : headers) {
    // Of the call that the callee made, where it passes its answer on.
    if (request.lane.lane.decided() && equals_ignoring_case(header.name, kServedHeader)) continue;
    if (blocks::travels_with_reply(header, connection)) {
      http1::append_header(response.headers, header.name, header.value);
    }
  }
  response.headers.append(request.extra_headers);
  if (request.headers().find("accept") == "text/event-stream" && !headers.find("cache-control")) {
    http1::append_header(response.headers, "Cache-Control", "no-cache");
  }
  // An answer without a body still says how long it would be.
  if (request.verb() == "HEAD" || response.status == 304) {
    const auto length = headers.find("content-length");
    response.length = length ? parse_unsigned(*length) : std::nullopt;
  }
  return response;
}

Error too_large() {
  return {Code::kResourceExhausted, "stream too large"};
}

Task<void> refuse(Ctx ctx, Request* request, std::string_view id, const Error& error) {
  return answer_error(ctx, request, invoke_error(id, error));
}

// The answer could not be passed on, or not in whole.
Task<void> note_cut_off(Ctx ctx, Request* request, std::string_view id, Error error) {
  log::debug(
      "edge.invoke", "the answer was cut off",
      {{"target", std::string(request->exchange.request().target)}, {"error", error.message}});
  if (!request->exchange.answered()) co_await refuse(ctx, request, id, error);
}

Task<void> call_and_answer(Ctx ctx, Request* request, std::string id, std::string path) {
  LimitedSource body(request->exchange.body(), request->services.body_limit());
  blocks::Call call;
  call.verb = request->verb();
  call.began = request->began;
  call.path = std::move(path);
  call.query = request->target.query;
  call.headers = &request->headers();
  call.body = &body;
  call.target = id;
  const bool has_peers = !request->services.invoker.elsewhere().all().empty();
  if (has_peers && request->headers().find(blocks::kHopHeader)) {
    call.reach = blocks::Reach::kThisHub;
  }
  std::unique_ptr<LaneTravel> travel;
  if (request->lane.lane.decided()) {
    travel =
        std::make_unique<LaneTravel>(request->services, request->lane.lane, request->headers());
    travel->attach(call);
  }
  auto reply = co_await request->services.invoker.invoke(ctx, request->app, &call);
  const blocks::Reply* answer = reply ? reply->get() : nullptr;
  if (const auto served = travel ? travel->note_served(answer) : std::nullopt) {
    http1::append_header(request->extra_headers, kServedHeader, served->view());
  }
  if (!reply) {
    const Error& error = body.exceeded() ? too_large() : reply.error();
    auto refusal = travel ? travel->refusal(error) : std::nullopt;
    co_await answer_error(ctx, request, refusal ? std::move(*refusal) : invoke_error(id, error));
    co_return;
  }
  http1::Response response = response_for(*request, **reply);
  request->answered = response.status;
  auto sent = co_await request->exchange.send(ctx, std::move(response), &(*reply)->body());
  if (!sent) co_await note_cut_off(ctx, request, id, std::move(sent.error()));
  co_await (*reply)->close();
}

}  // namespace

std::optional<Addressed> addressed_app(const HeaderList& headers, const Target& target) {
  if (const auto id = headers.find("dapr-app-id"); id && !id->empty()) {
    return Addressed{std::string(*id), without_slash(target.path())};
  }
  if (auto addressed = app_of_path(target.raw_path)) return addressed;
  if (auto id = app_id_of_basic(headers)) {
    return Addressed{std::move(*id), without_slash(target.path())};
  }
  return std::nullopt;
}

Task<void> invoke(Ctx ctx, Request* request, Addressed addressed) {
  const std::uint64_t limit = request->services.max_body_bytes;
  if (limit != 0 && request->exchange.body().length().value_or(0) > limit) {
    return refuse(ctx, request, addressed.app_id, too_large());
  }
  auto path = blocks::method_path(addressed.method);
  if (!path) {
    const Error invalid{Code::kInvalidArgument,
                        "rpc error: code = InvalidArgument desc = " + path.error().message};
    return refuse(ctx, request, addressed.app_id, invalid);
  }
  return call_and_answer(ctx, request, std::move(addressed.app_id), std::move(*path));
}

Task<void> answer_not_addressed(Ctx ctx, Request* request) {
  blocks::ApiError error{.http = 404, .grpc = Code::kNotFound, .tag = "ERR_DIRECT_INVOKE"};
  error.message = "failed getting app id either from the URL path or the header dapr-app-id";
  co_await answer_error(ctx, request, std::move(error));
}

}  // namespace edge::api
