#include "edge/api/http/http_channel.h"

#include <algorithm>

#include "edge/blocks/invoke/headers.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

using http1::append_header;

// A call that is counted when it has been answered, or when it goes away without: as daprd, with
// the status 500.
class CountedCall {
 public:
  CountedCall(const Clock& clock, observe::AppMeter* meter, const blocks::Call& call)
      : clock_(clock),
        call_(call),
        began_(call.began),
        meter_(meter == nullptr ? nullptr : &meter->calls()),
        in_flight_(meter_) {
    if (meter_ == nullptr) return;
    if (call.began == TimePoint()) began_ = clock_.now();
    exchange_.verb = call.verb;
    exchange_.status = 500;
    exchange_.request_bytes = call.body->length().value_or(0);
  }
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;
  ~CountedCall() {
    if (meter_ == nullptr) return;
    call_.ended = clock_.now();
    exchange_.took = call_.ended - began_;
    meter_->done(exchange_);
  }

  // The call is under way as long as what this gives lives.
  observe::InFlight answered(http1::ClientExchange& exchange) {
    exchange_.status = exchange.response().status;
    exchange_.response_bytes = exchange.body().length().value_or(0);
    return std::move(in_flight_);
  }

 private:
  const Clock& clock_;
  const blocks::Call& call_;
  TimePoint began_;
  observe::TrafficMeter* meter_;
  observe::InFlight in_flight_;
  observe::Exchange exchange_;
};

class HttpReply final : public blocks::Reply {
 public:
  HttpReply(std::shared_ptr<HttpChannel> channel, std::unique_ptr<http1::ClientExchange> exchange,
            observe::InFlight in_flight)
      : channel_(std::move(channel)),
        exchange_(std::move(exchange)),
        in_flight_(std::move(in_flight)) {}

  [[nodiscard]] int status() const noexcept override { return exchange_->response().status; }
  [[nodiscard]] const HeaderList& headers() const noexcept override {
    return exchange_->response().headers;
  }
  [[nodiscard]] ByteSource& body() noexcept override { return exchange_->body(); }
  Async<void> close() override { return exchange_->close(); }

 private:
  std::shared_ptr<HttpChannel> channel_;
  std::unique_ptr<http1::ClientExchange> exchange_;
  observe::InFlight in_flight_;
};

// Source: RFC 9110 §9.2.2.
bool is_idempotent(std::string_view verb) noexcept {
  return verb == "GET" || verb == "HEAD" || verb == "PUT" || verb == "DELETE" ||
         verb == "OPTIONS" || verb == "TRACE";
}

bool usually_has_body(std::string_view verb) noexcept {
  return verb == "POST" || verb == "PUT" || verb == "PATCH";
}

// "Get" for GET, as Go's client begins its errors.
std::string capitalised(std::string_view verb) {
  std::string word = to_lower(verb);
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 32);
  return word;
}

class SharedChannel final : public blocks::Channel {
 public:
  explicit SharedChannel(std::shared_ptr<blocks::Channel> channel) : channel_(std::move(channel)) {}
  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, const blocks::Call* call) override {
    return channel_->call(ctx, call);
  }

 private:
  std::shared_ptr<blocks::Channel> channel_;
};

Error without_verb() {
  return {Code::kInvalidArgument, "missing HTTP extension field"};
}

}  // namespace

HttpChannel::HttpChannel(UvLoop& loop, std::unique_ptr<Dialer> dialer, HttpChannelSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      pool_(loop, std::move(dialer), settings_.limits) {
  append_header(fixed_, "Host", settings_.authority);
}

Task<Result<std::unique_ptr<blocks::Reply>>> HttpChannel::call(Ctx ctx, const blocks::Call* call) {
  const auto self = shared_from_this();  // a cache may let go of this channel meanwhile
  if (call->verb.empty()) co_return without_verb();
  CountedCall counted(loop_, settings_.meter.get(), *call);
  auto connection = co_await pool_.connect(ctx);
  if (!connection) co_return describe(*call, connection.error(), Code::kUnavailable);
  http1::ClientRequest request;
  request.head = pool_.take_buffer();
  make_head(request.head, *call);
  request.body = call->body;
  request.answering = call->verb == "HEAD" ? http1::Answering::kHead : http1::Answering::kOther;
  request.idempotent = !call->once && is_idempotent(call->verb);
  request.says_length = usually_has_body(call->verb);
  auto exchange = co_await pool_.exchange(ctx, std::move(*connection), std::move(request));
  if (!exchange) co_return describe(*call, exchange.error(), Code::kInternal);
  if ((*exchange)->response().status < 200) {
    co_await (*exchange)->close();
    const Error upgrade{Code::kInternal, "the app asked to switch protocols"};
    co_return describe(*call, upgrade, Code::kInternal);
  }
  auto in_flight = counted.answered(**exchange);
  co_return std::make_unique<HttpReply>(self, std::move(*exchange), std::move(in_flight));
}

Error HttpChannel::describe(const blocks::Call& call, const Error& error, Code code) const {
  const bool ended = error.code == Code::kCancelled || error.code == Code::kDeadlineExceeded;
  std::string text =
      capitalised(call.verb) + " \"" + settings_.origin + settings_.base_path + call.path;
  if (!call.query.empty()) text.append("?").append(call.query);
  return {ended ? error.code : code, text.append("\": ").append(error.message)};
}

void HttpChannel::make_head(std::string& head, const blocks::Call& call) const {
  head.append(call.verb).append(" ").append(settings_.base_path).append(call.path);
  if (!call.query.empty()) head.append("?").append(call.query);
  head.append(" HTTP/1.1\r\n").append(fixed_);
  append_headers(head, call);
  if (call.own_headers != nullptr) {
    for (const Header& header : *call.own_headers) append_header(head, header.name, header.value);
  }
  if (call.note == blocks::CallerNote::kForwarded) head.append(settings_.hub_headers);
  if (call.note != blocks::CallerNote::kNone) {
    append_header(head, "dapr-caller-namespace", call.caller_namespace);
    append_header(head, "dapr-caller-app-id", call.caller);
    append_header(head, "dapr-callee-app-id", call.target);
  }
  for (const auto& [name, value] : settings_.headers) append_header(head, name, value);
  if (!settings_.app_token.empty()) append_header(head, "dapr-api-token", settings_.app_token);
}

void HttpChannel::append_headers(std::string& head, const blocks::Call& call) const {
  const auto connection = blocks::connection_options(*call.headers);
  bool baggage_seen = false;
  for (const Header& header : *call.headers) {
    if (!blocks::travels_with_request(header, connection) || overridden(header.name)) continue;
    if (header.name.size() == 7 && equals_ignoring_case(header.name, "baggage")) {
      if (std::exchange(baggage_seen, true)) continue;
    }
    // What gRPC would take for its own travels under another name.
    if (starts_with_ignoring_case(header.name, "grpc-")) head.append("dapr-");
    append_header(head, header.name, header.value);
  }
}

bool HttpChannel::overridden(std::string_view name) const noexcept {
  return std::any_of(settings_.headers.begin(), settings_.headers.end(),
                     [name](const auto& set) { return equals_ignoring_case(set.first, name); });
}

std::unique_ptr<blocks::Channel> share(std::shared_ptr<blocks::Channel> channel) {
  return std::make_unique<SharedChannel>(std::move(channel));
}

void HttpProbe::count(int status, TimePoint began) const {
  if (meter_ != nullptr) meter_->probed(status, clock_->now() - began);
}

Task<Status> HttpProbe::probe(Ctx ctx) {
  const HeaderList no_headers;
  TextSource no_body("");
  blocks::Call call;
  call.verb = "GET";
  call.path = path_;
  call.headers = &no_headers;
  call.body = &no_body;
  const TimePoint began = clock_ == nullptr ? TimePoint() : clock_->now();
  auto reply = co_await channel_->call(ctx, &call);
  // As daprd, also where there was no answer.
  const int status = reply ? (*reply)->status() : 500;
  count(status, began);
  if (!reply) co_return reply.error();
  auto drained = co_await read_all(ctx, &(*reply)->body(), BufferPool::kLarge);
  co_await (*reply)->close();
  if (status >= 200 && status < 300) co_return Status();
  co_return Error{Code::kUnavailable, "health check answered " + std::to_string(status)};
}

std::vector<std::pair<std::string, std::string>> forwarded_fields(std::string_view host_ip,
                                                                  std::string_view host_name) {
  const bool v6 = host_ip.find(':') != std::string_view::npos;
  const std::string node = v6 ? "\"[" + std::string(host_ip) + "]\"" : std::string(host_ip);
  return {{"X-Forwarded-For", std::string(host_ip)},
          {"X-Forwarded-Host", std::string(host_name)},
          {"Forwarded", "for=" + node + ";by=" + node + ";host=" + std::string(host_name)}};
}

std::string forwarded_headers(std::string_view host_ip, std::string_view host_name) {
  std::string lines;
  for (const auto& [name, value] : forwarded_fields(host_ip, host_name)) {
    append_header(lines, name, value);
  }
  return lines;
}

}  // namespace edge::api
