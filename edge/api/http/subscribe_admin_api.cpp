// GET /v1.0-edgelane/subscribe/{pubsub}/{topic}: what is published from now on, a line for each
// message, until the client goes. It is nobody's subscription: nothing is kept for it.
#include "edge/api/http/handlers.h"
#include "edge/api/http/topic_line.h"
#include "edge/base/log.h"
#include "edge/blocks/pubsub/linked_scope.h"
#include "edge/blocks/pubsub/publish_errors.h"
#include "edge/blocks/pubsub/topic_tap.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::TopicTap;

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

// Messages as lines. The tap outlives it.
class TopicSource final : public ByteSource {
 public:
  TopicSource(TopicTap& tap, Clock& clock, std::string first)
      : tap_(tap), clock_(clock), first_(std::move(first)) {}

  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept override {
    return std::nullopt;
  }
  std::string_view take_ready() override {
    lines_ = std::exchange(first_, {});
    add_waiting();
    return lines_;
  }
  [[nodiscard]] bool finished() const noexcept override { return ended_; }

  Task<Result<std::string_view>> read(Ctx ctx) override {
    auto message = co_await tap_.next(ctx);
    if (!message) co_return message.error();
    lines_.clear();
    ended_ = !*message;
    if (*message) {
      add(**message);
      add_waiting();
    }
    co_return std::string_view(lines_);
  }

 private:
  void add(const pubsub::Delivery& message) {
    if (const std::uint64_t lost = tap_.take_lost(); lost > 0) lines_ += lost_line(lost);
    append_message_line(lines_, message, clock_.wall_now());
  }
  void add_waiting() {
    while (lines_.size() < kPieceBytes) {
      const auto message = tap_.take();
      if (!message) return;
      add(*message);
    }
  }

  TopicTap& tap_;
  Clock& clock_;
  std::string first_;
  std::string lines_;
  bool ended_ = false;
};

ApiError refused(int http, Code code, std::string_view tag, std::string message) {
  return {.http = http, .grpc = code, .tag = std::string(tag), .message = std::move(message)};
}

// A bus, and the topic as the bus knows it.
struct Wanted {
  blocks::BusHold bus;
  std::string topic;
};

ApiResult<Wanted> find_topic(const Request& request) {
  auto& pubsub = request.services.pubsub;
  const std::string& name = request.parameters[0];
  const std::string& topic = request.parameters[1];
  const Query query(request.target.query);
  const std::string_view app_id = query.get("app");
  const blocks::App* app = app_id.empty() ? nullptr : request.services.apps.find(app_id);
  if (app == nullptr && !app_id.empty()) {
    return std::unexpected(refused(404, Code::kNotFound, "ERR_APP_NOT_FOUND",
                                   "no app of this hub has the id " + std::string(app_id)));
  }
  Wanted wanted{app == nullptr ? pubsub.hold(name) : pubsub.hold(*app, name), topic};
  if (!wanted.bus) return std::unexpected(blocks::errors::not_found(name, {}));
  if (topic.empty()) return std::unexpected(blocks::errors::topic_empty(name, {}));
  if (app != nullptr) wanted.topic = wanted.bus.component().topic_on_bus(*app, topic);
  if (pubsub.taps() < TopicTap::kMost) return wanted;
  return std::unexpected(refused(
      429, Code::kResourceExhausted, "ERR_TOO_MANY_REQUESTS",
      std::to_string(TopicTap::kMost) + " readers of topics are connected already; end one"));
}

Task<void> send_lines(Ctx ctx, Request* request, TopicTap* tap) {
  blocks::LinkedScope scope(ctx, tap->ctx());
  TopicSource lines(*tap, request->services.loop,
                    subscribed_line(request->parameters[0], request->parameters[1]));
  http1::Response response;
  response.headers = "Content-Type: application/x-ndjson\r\nCache-Control: no-cache\r\n";
  response.headers.append(request->extra_headers);
  request->answered = response.status;
  auto sent = co_await request->exchange.send(scope.ctx(), std::move(response), &lines);
  static_cast<void>(sent);  // a reader that leaves is no error
}

}  // namespace

Task<void> stream_topic(Ctx ctx, Request* request) {
  auto wanted = find_topic(*request);
  if (!wanted) {
    co_await answer_error(ctx, request, std::move(wanted.error()));
    co_return;
  }
  TopicTap tap(request->services.pubsub, std::move(wanted->bus));
  auto opened = co_await tap.open(ctx, std::move(wanted->topic));
  if (opened) {
    co_await send_lines(ctx, request, &tap);
  } else {
    const Error& error = opened.error();
    co_await answer_error(ctx, request,
                          refused(http_status(error.code), error.code, "ERR_PUBSUB_SUBSCRIBE",
                                  "subscribing to topic " + request->parameters[1] + " of pubsub " +
                                      request->parameters[0] + ": " + error.message));
  }
  co_await tap.close();
}

}  // namespace edge::api
