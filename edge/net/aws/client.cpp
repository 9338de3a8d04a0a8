#include "edge/net/aws/client.h"

#include <utility>

#include "edge/base/backoff.h"
#include "edge/base/log.h"
#include "edge/net/tls/secret_bytes.h"
#include "edge/net/tls/tls_dialer.h"

namespace edge::aws {
namespace {

using namespace std::chrono_literals;

constexpr int kAttempts = 5;
constexpr Duration kDialTime = 5s;
// Less is not why a signature is refused: services allow five minutes.
constexpr Duration kLeastOffset = 1min;

std::unique_ptr<Dialer> dialer(UvLoop& loop, const ClientOptions& options) {
  if (options.tls == nullptr) return socket_dialer(loop, options.server);
  return tls::tls_dialer(loop, options.server, options.tls);
}

http1::PoolLimits limits() {
  http1::PoolLimits limits;
  limits.idle_connections = 4;
  limits.dial_time = kDialTime;
  return limits;
}

Duration distance(Duration a, Duration b) {
  return a > b ? a - b : b - a;
}

}  // namespace

Client::Client(UvLoop& loop, ClientOptions options)
    : loop_(loop),
      options_(std::move(options)),
      pool_(std::make_unique<http1::ClientPool>(loop_, dialer(loop_, options_), limits())) {}

Client::~Client() {
  tls::wipe(options_.credentials.secret_key);
  tls::wipe(options_.credentials.session_token);
}

Task<Result<std::string>> Client::call(Ctx ctx, std::string_view operation, std::string body) {
  DeadlineScope limit(loop_, ctx, options_.call_limit);
  const Call made{.host = options_.host,
                  .region = options_.region,
                  .service = options_.service,
                  .target = options_.service + "." + std::string(operation),
                  .body = std::move(body)};
  Backoff pauses(200ms, 3s);
  bool clock_was_set = false;
  for (int number = 1;; ++number) {
    auto answer = co_await attempt(limit.ctx(), &made);
    if (answer) co_return answer;
    Error error = std::move(answer).error();
    const bool sign_again = error.code == Code::kAborted && !std::exchange(clock_was_set, true);
    if (error.code == Code::kAborted) error.code = Code::kFailedPrecondition;
    if (sign_again) continue;
    if (error.code != Code::kResourceExhausted || number >= kAttempts) co_return error;
    auto slept = co_await sleep_for(loop_, limit.ctx(), pauses.next(loop_.random()));
    if (!slept) co_return error;
  }
}

Task<Result<std::string>> Client::attempt(Ctx ctx, const Call* call) {
  auto connection = co_await pool_->connect(ctx);
  if (!connection) co_return seen(connection.error());
  TextSource body(call->body);
  http1::ClientRequest request;
  request.head = signed_head(*call, options_.credentials, now());
  request.body = &body;
  request.idempotent = true;
  request.says_length = true;
  auto exchange = co_await pool_->exchange(ctx, std::move(*connection), std::move(request));
  if (!exchange) co_return seen(exchange.error());
  auto answer = co_await take(ctx, exchange->get());
  co_await (*exchange)->close();
  co_return answer;
}

Task<Result<std::string>> Client::take(Ctx ctx, http1::ClientExchange* exchange) {
  const http1::Head& head = exchange->response();
  auto body = co_await read_all(ctx, &exchange->body(), options_.most_answer_bytes);
  if (!body && body.error().code == Code::kResourceExhausted) {
    co_return Error{Code::kFailedPrecondition, options_.host + ": the answer is too long"};
  }
  if (!body) co_return seen(body.error());
  if (head.status == 200) co_return body;
  const std::string_view type = head.headers.find("x-amzn-errortype").value_or("");
  co_return refused(parse_refusal(head.status, type, *body),
                    head.headers.find("date").value_or(""));
}

// kAborted: sign again, with the service's time.
Error Client::refused(const Refusal& refusal, std::string_view date) {
  if (!is_clock_refusal(refusal)) return error_of(refusal);
  const auto theirs = parse_http_date(date);
  const Duration offset = theirs ? *theirs - loop_.wall_now() : Duration::zero();
  const bool differs = theirs && distance(offset, clock_offset_) > kLeastOffset;
  if (differs) {
    clock_offset_ = offset;
    log::warn("edge.aws", "the hub's clock is wrong; calls are signed with the service's time",
              {{"service", options_.host},
               {"hub", to_rfc3339(loop_.wall_now())},
               {"service_time", to_rfc3339(*theirs)}});
  }
  return {differs ? Code::kAborted : Code::kFailedPrecondition,
          refusal.type + ": " + refusal.message + "; the hub's clock says " +
              to_rfc3339(loop_.wall_now()) + ": set it, for example by NTP"};
}

Error Client::seen(const Error& error) const {
  if (error.code == Code::kCancelled) return error;
  if (error.code == Code::kDeadlineExceeded) {
    return {Code::kUnavailable, options_.host + ": no answer in time"};
  }
  return {Code::kUnavailable, options_.host + ": " + error.message};
}

}  // namespace edge::aws
