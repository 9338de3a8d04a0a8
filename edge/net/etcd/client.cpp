#include "edge/net/etcd/client.h"

#include <utility>

#include "edge/net/http1/text.h"
#include "edge/net/tls/tls_dialer.h"

namespace edge::etcd {
namespace {

constexpr std::string_view kRangePath = "/v3/kv/range";
constexpr std::string_view kWatchPath = "/v3/watch";
constexpr std::string_view kLoginPath = "/v3/auth/authenticate";
constexpr std::size_t kMostSmallBytes = std::size_t{64} << 10;
constexpr Duration kDialTime = std::chrono::seconds(10);

std::unique_ptr<Dialer> dialer(UvLoop& loop, const ClientOptions& options, const Address& server) {
  if (options.tls == nullptr) return socket_dialer(loop, server);
  return tls::tls_dialer(loop, server, options.tls);
}

// What a server says that refuses, as an error.
Task<Error> read_refusal(Ctx ctx, http1::ClientExchange* exchange) {
  const int status = exchange->response().status;
  auto body = co_await read_all(ctx, &exchange->body(), kMostSmallBytes);
  co_return parse_error(status, body ? *body : std::string());
}

}  // namespace

Client::Client(UvLoop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)) {
  for (const Address& server : options_.servers) {
    http1::PoolLimits limits;
    limits.dial_time = kDialTime;
    pools_.push_back(
        std::make_unique<http1::ClientPool>(loop_, dialer(loop_, options_, server), limits));
  }
}

std::string Client::head(std::size_t server, std::string_view path) const {
  std::string head = "POST " + std::string(path) + " HTTP/1.1\r\n";
  http1::append_header(head, "Host", options_.servers[server].text());
  http1::append_header(head, "Content-Type", "application/json");
  if (!token_.empty()) http1::append_header(head, "Authorization", token_);
  return head;
}

Error Client::seen(const Error& error) const {
  if (error.code == Code::kDeadlineExceeded) {
    return {Code::kUnavailable, "etcd at " + server() + ": no answer in time"};
  }
  return error.within("etcd at " + server());
}

void Client::pass_over(std::size_t server) noexcept {
  if (current_ == server) current_ = (server + 1) % pools_.size();
}

Task<Result<Client::Line>> Client::connect(Ctx ctx) {
  std::size_t tries = pools_.size();
  while (true) {
    const std::size_t server = current_;
    auto connection = co_await pools_[server]->connect(ctx);
    if (connection) co_return Line{server, std::move(*connection)};
    const Error error = seen(connection.error());
    pass_over(server);
    if (--tries == 0 || ctx.cancelled()) co_return error;
  }
}

Task<Result<Client::Exchange>> Client::open(Ctx ctx, std::string_view path, ByteSource* body) {
  auto line = co_await connect(ctx);
  if (!line) co_return line.error();
  http1::ClientRequest request;
  request.head = head(line->server, path);
  request.body = body;
  request.idempotent = true;
  request.says_length = true;
  http1::ClientPool* pool = pools_[line->server].get();
  auto exchange = co_await pool->exchange(ctx, std::move(line->connection), std::move(request));
  if (!exchange) {
    const Error error = seen(exchange.error());
    pass_over(line->server);
    co_return error;
  }
  if ((*exchange)->response().status == 200) co_return std::move(*exchange);
  const Error refused = co_await read_refusal(ctx, exchange->get());
  co_await (*exchange)->close();
  co_return seen(refused);
}

Task<Result<std::string>> Client::post(Ctx ctx, std::string_view path, std::string body,
                                       std::size_t most_bytes) {
  DeadlineScope limit(loop_, ctx, options_.call_limit);
  TextSource source(body);
  auto exchange = co_await open(limit.ctx(), path, &source);
  if (!exchange) co_return exchange.error();
  auto answer = co_await read_all(limit.ctx(), &(*exchange)->body(), most_bytes);
  co_await (*exchange)->close();
  if (!answer) co_return seen(answer.error());
  co_return answer;
}

// A server on which logins are switched off lets everybody in.
Task<Status> Client::log_in(Ctx ctx) {
  if (options_.username.empty() || !token_.empty()) co_return Status();
  auto answer = co_await post(ctx, kLoginPath, login_text(options_.username, options_.password),
                              kMostSmallBytes);
  if (!answer && answer.error().code == Code::kFailedPrecondition) co_return Status();
  if (!answer) co_return answer.error();
  auto token = parse_token(*answer);
  if (!token) co_return seen(token.error());
  token_ = std::move(*token);
  co_return Status();
}

// A token ends with its time, and when its server starts again.
bool Client::may_log_in_again(const Error& error) noexcept {
  if (error.code != Code::kUnauthenticated || token_.empty()) return false;
  token_.clear();
  return true;
}

Task<Result<RangeAnswer>> Client::range(Ctx ctx, RangeRequest request) {
  const std::string text = range_text(request);
  for (int attempt = 0;; ++attempt) {
    auto ready = co_await log_in(ctx);
    if (!ready) co_return ready.error();
    auto body = co_await post(ctx, kRangePath, text, options_.most_answer_bytes);
    if (body) {
      auto answer = parse_range(*body);
      if (!answer) co_return seen(answer.error().within("a range's answer"));
      co_return answer;
    }
    const bool again = attempt == 0 && may_log_in_again(body.error());
    if (!again) co_return body.error();
  }
}

Task<Result<std::unique_ptr<Watch>>> Client::watch(Ctx ctx, Range range,
                                                   std::uint64_t start_revision) {
  for (int attempt = 0;; ++attempt) {
    auto ready = co_await log_in(ctx);
    if (!ready) co_return ready.error();
    auto started = co_await start_watch(ctx, watch_text(range, start_revision));
    if (started) co_return started;
    const bool again = attempt == 0 && may_log_in_again(started.error());
    if (!again) co_return started.error();
  }
}

Task<Result<std::unique_ptr<Watch>>> Client::start_watch(Ctx ctx, std::string request) {
  auto watch = std::make_unique<Watch>(loop_, ctx, std::move(request), options_.call_limit,
                                       options_.most_message_bytes);
  auto exchange = co_await open(watch->opening_.ctx(), kWatchPath, &watch->body_);
  if (!exchange) co_return exchange.error();
  watch->exchange_ = std::move(*exchange);
  auto first = co_await watch->next(watch->opening_.ctx());
  if (first && first->created) {
    watch->created_ = std::move(first->header);
    co_return watch;
  }
  co_await watch->close();
  if (!first) co_return seen(first.error());
  co_return seen({Code::kInvalidArgument, "a watch began without being created"});
}

}  // namespace edge::etcd
