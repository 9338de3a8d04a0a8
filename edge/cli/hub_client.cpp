#include "edge/cli/hub_client.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/net/http1/client_pool.h"
#include "edge/net/http1/text.h"

namespace edge::cli {
namespace {

constexpr std::uint64_t kLongestBody = std::uint64_t{64} * 1024 * 1024;

Error unreachable(const HubAddress& hub, const Error& cause) {
  if (cause.code == Code::kDeadlineExceeded) {
    return {cause.code, "the hub at " + hub.address.text() +
                            " did not answer in time; give it longer with --timeout"};
  }
  const std::string next =
      hub.is_chosen ? "start one there, or name another with --address or --socket"
                    : "start one with edgelane run or edgelaned, or name one with --address or "
                      "--socket";
  return {Code::kUnavailable,
          "no hub answers at " + hub.address.text() + " (" + cause.message + "); " + next};
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

bool is_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<std::string> make_head(const HubAddress& hub, const HubRequest& request) {
  if (!is_token(request.verb)) {
    return Error{Code::kInvalidArgument, "\"" + request.verb + "\" is no HTTP verb"};
  }
  std::string head = request.verb + " " + request.target + " HTTP/1.1\r\n";
  http1::append_header(head, "Host", hub.address.is_unix() ? "localhost" : hub.address.text());
  if (!is_line(hub.token)) {
    return Error{Code::kInvalidArgument, "DAPR_API_TOKEN: a token is one line"};
  }
  if (!hub.token.empty()) http1::append_header(head, "dapr-api-token", hub.token);
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_line(value)) {
      return Error{Code::kInvalidArgument,
                   "header \"" + name + "\" cannot be sent; " + "write it as --header name:value"};
    }
    http1::append_header(head, name, value);
  }
  return head;
}

Task<Status> read_body(Ctx ctx, http1::ClientExchange* exchange, const BodySink* sink,
                       HubAnswer* answer) {
  if (!*sink || answer->status >= 400) {
    auto body = co_await read_all(ctx, &exchange->body(), kLongestBody);
    if (!body) co_return body.error();
    answer->body = std::move(*body);
    co_return Status();
  }
  while (true) {
    auto piece = co_await exchange->body().read(ctx);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return Status();
    if ((*sink)(*piece) == Flow::kEnough) co_return Status();
  }
}

HubAnswer copy_head(const http1::Head& head) {
  HubAnswer answer;
  answer.status = head.status;
  for (const Header& header : head.headers) {
    answer.headers.emplace_back(to_lower(header.name), header.value);
  }
  return answer;
}

struct Job {
  const HubAddress& hub;
  const HubRequest& request;
  const BodySink& sink;
  std::string head;
};

Task<Result<HubAnswer>> perform(UvLoop* loop, Ctx ctx, const Job* job) {
  http1::ClientPool pool(*loop, socket_dialer(*loop, job->hub.address));
  TextSource body(job->request.body);
  auto connection = co_await pool.connect(ctx);
  if (!connection) co_return unreachable(job->hub, connection.error());
  http1::ClientRequest request;
  request.head = job->head;
  request.body = &body;
  const std::string& verb = job->request.verb;
  request.answering = verb == "HEAD" ? http1::Answering::kHead : http1::Answering::kOther;
  request.says_length = verb == "POST" || verb == "PUT" || verb == "PATCH";
  auto exchange = co_await pool.exchange(ctx, std::move(*connection), std::move(request));
  if (!exchange) co_return unreachable(job->hub, exchange.error());
  HubAnswer answer = copy_head((*exchange)->response());
  auto read = co_await read_body(ctx, exchange->get(), &job->sink, &answer);
  co_await (*exchange)->close();
  if (!read) co_return read.error().within("the answer of " + job->hub.address.text());
  co_return answer;
}

Task<Result<HubAnswer>> perform_in_time(UvLoop* loop, const Job* job) {
  if (job->request.timeout == Duration::zero()) {
    co_return co_await perform(loop, Ctx::background(), job);
  }
  DeadlineScope limit(*loop, Ctx::background(), job->request.timeout);
  co_return co_await perform(loop, limit.ctx(), job);
}

}  // namespace

std::string_view HubAnswer::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

Result<HubAnswer> send(const HubAddress& hub, const HubRequest& request, const BodySink& sink) {
  auto head = make_head(hub, request);
  if (!head) return head.error();
  const Job job{hub, request, sink, std::move(*head)};
  UvLoop loop;
  return run(loop, perform_in_time(&loop, &job));
}

std::string url_escaped(std::string_view text) {
  std::string out;
  const bool is_step = text == "." || text == "..";
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    if (is_plain && !is_step) {
      out += c;
    } else {
      out += "%" + hex_encode({&c, 1});
    }
  }
  return out;
}

Error refusal(const HubAnswer& answer) {
  Error error{Code::kUnknown, ""};
  if (answer.status == 401) error.code = Code::kUnauthenticated;
  if (answer.status == 403) error.code = Code::kPermissionDenied;
  if (answer.status == 404) error.code = Code::kNotFound;
  const auto told = parse_json(answer.body);
  const auto* message = told ? find_member(*told, "message") : nullptr;
  if (message != nullptr && message->is_string()) {
    error.message = message->get<std::string>();
  } else {
    error.message = "status " + std::to_string(answer.status);
    const std::string_view body = trim(answer.body);
    if (!body.empty()) error.message += ": " + std::string(body.substr(0, 500));
  }
  if (answer.status == 401) error.message += "; set DAPR_API_TOKEN to the app's token";
  return error;
}

std::string encode_segment(std::string_view text) {
  if (text == "." || text == "..") return text.size() == 1 ? "%2E" : "%2E%2E";
  std::string out;
  for (const char c : percent_encode_path(text)) {
    if (c == '/') {
      out += "%2F";
    } else if (c == '+') {
      out += "%2B";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace edge::cli
