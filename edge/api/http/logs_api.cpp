// GET /v1.0-edgelane/logs: the hub's last log lines as JSON, and with follow=true those to come.
#include <nlohmann/json.hpp>

#include "edge/api/http/handlers.h"
#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/observe/log_ring.h"

namespace edge::api {
namespace {

using observe::LogFilter;
using observe::LogRing;

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

// What stands in the place of lines that were not read in time.
std::string lost_line(std::uint64_t count, WallTime now) {
  const nlohmann::json line = {
      {"level", "warning"},
      {"lost", count},
      {"msg", std::to_string(count) + " lines were lost: they came faster than they were read"},
      {"scope", "edge.log"},
      {"time", to_rfc3339(now, Decimals::kNanoseconds)},
      {"type", "log"}};
  return dump_json(line) + "\n";
}

// Lines as they are logged, until the hub stops. Holds one of the ring's places.
class LogSource final : public ByteSource {
 public:
  LogSource(LogRing& ring, Clock& clock, LogFilter filter, std::size_t tail)
      : ring_(ring),
        clock_(clock),
        filter_(std::move(filter)),
        cursor_(ring.cursor(tail, filter_)) {}
  LogSource(const LogSource&) = delete;
  LogSource& operator=(const LogSource&) = delete;
  ~LogSource() override { ring_.leave(); }

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return std::nullopt;
  }
  std::string_view take_ready() override {
    piece_ = ring_.read(cursor_, filter_, kPieceBytes);
    if (cursor_.lost > 0) piece_.insert(0, lost_line(cursor_.lost, clock_.wall_now()));
    return piece_;
  }
  [[nodiscard]] bool finished() const noexcept override { return finished_; }

  Task<Result<std::string_view>> read(Ctx ctx) override {
    while (true) {
      const std::string_view piece = take_ready();
      if (!piece.empty()) co_return piece;
      if (finished_) co_return piece;
      auto more = co_await ring_.wait(ctx, &cursor_);
      if (more) continue;
      if (ctx.cancelled()) co_return more.error();
      finished_ = true;
    }
  }

 private:
  LogRing& ring_;
  Clock& clock_;
  LogFilter filter_;
  LogRing::Cursor cursor_;
  std::string piece_;
  bool finished_ = false;
};

struct LogQuery {
  LogFilter filter;
  std::size_t tail = SIZE_MAX;
  bool follows = false;
};

Result<LogQuery> read_query(const Request& request) {
  const Query query(request.target.query);
  LogQuery wanted;
  wanted.follows = is_truthy(query.get("follow"));
  wanted.filter.app = query.get("app");
  if (const auto level = query.get("level"); !level.empty()) {
    auto parsed = log::parse_level(level);
    if (!parsed) return parsed.error();
    wanted.filter.level = *parsed;
  }
  if (const auto tail = query.get("tail"); !tail.empty()) {
    const auto number = parse_unsigned(tail);
    if (!number) {
      return Error{Code::kInvalidArgument,
                   "tail: expected a number of lines, got \"" + std::string(tail) + "\""};
    }
    wanted.tail = *number;
  }
  return wanted;
}

http1::Response lines_response() {
  http1::Response response;
  response.headers = "Content-Type: application/x-ndjson\r\nCache-Control: no-cache\r\n";
  return response;
}

Task<void> follow(Ctx ctx, Request* request, LogQuery wanted) {
  LogRing& ring = *request->services.logs;
  if (!ring.enter()) {
    blocks::ApiError error{
        .http = 429, .grpc = Code::kResourceExhausted, .tag = "ERR_TOO_MANY_REQUESTS"};
    error.message = std::to_string(LogRing::kFollowers) +
                    " readers follow the log already; end one, or ask without follow";
    co_await answer_error(ctx, request, std::move(error));
    co_return;
  }
  LogSource lines(ring, request->services.loop, std::move(wanted.filter), wanted.tail);
  http1::Response response = lines_response();
  response.headers.append(request->extra_headers);
  request->answered = response.status;
  auto sent = co_await request->exchange.send(ctx, std::move(response), &lines);
  static_cast<void>(sent);  // a reader that leaves is no error
}

}  // namespace

Task<void> get_logs(Ctx ctx, Request* request) {
  auto wanted = read_query(*request);
  if (!wanted) {
    blocks::ApiError error = blocks::malformed_request(wanted.error().message);
    co_await answer_error(ctx, request, std::move(error));
    co_return;
  }
  if (wanted->follows) {
    co_await follow(ctx, request, std::move(*wanted));
    co_return;
  }
  const LogRing& ring = *request->services.logs;
  LogRing::Cursor cursor = ring.cursor(wanted->tail, wanted->filter);
  const std::string lines = ring.read(cursor, wanted->filter, LogRing::kBytes);
  co_await answer(ctx, request, lines_response(), lines);
}

}  // namespace edge::api
