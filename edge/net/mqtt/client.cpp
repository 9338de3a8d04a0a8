#include "edge/net/mqtt/client.h"

#include <utility>

#include "edge/base/log.h"
#include "edge/net/mqtt/dial.h"

namespace edge::mqtt {
namespace {

constexpr std::string_view kScope = "edge.mqtt";
// A connection that held for so long has nothing to do with the next failure.
constexpr Duration kStable = std::chrono::seconds(30);
constexpr Duration kBrief = std::chrono::seconds(2);
constexpr Duration kLeaveLimit = std::chrono::seconds(1);

}  // namespace

Client::Client(UvLoop& loop, ClientOptions options, ClientOwner& owner)
    : loop_(loop),
      options_(std::move(options)),
      owner_(owner),
      backoff_(options_.backoff_base, options_.backoff_cap),
      drained_(loop),
      tasks_(loop, "mqtt client") {}

Client::~Client() = default;

void Client::start() {
  tasks_.spawn(run(tasks_.ctx()));
}

Task<void> Client::close() {
  if (is_connected()) {
    session_->codec().disconnect();
    drained_.reset();
    session_->touch();
    DeadlineScope limit(loop_, Ctx::background(), kLeaveLimit);
    // A server that does not take it in time does without.
    const Status left = co_await drained_.wait(limit.ctx());
    if (!left) log::debug(kScope, "disconnected without taking leave");
  }
  co_await tasks_.close();
}

Task<void> Client::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    const TimePoint began = loop_.now();
    const Error error = co_await connect_once(ctx);
    if (ctx.cancelled()) co_return;
    ended(error, loop_.now() - began);
    const Duration delay = backoff_.next(loop_.random());
    const Status slept = co_await sleep_for(loop_, ctx, delay);
    if (!slept) co_return;
  }
}

Task<Error> Client::connect_once(Ctx ctx) {
  DeadlineScope limit(loop_, ctx, options_.dial_limit);
  auto stream = co_await dial(&loop_, limit.ctx(), options_.server, options_.tls);
  if (!stream) co_return stream.error();
  limit.disarm();
  auto codec = Codec::open(options_.login, options_.max_packet_bytes);
  if (!codec) co_return codec.error();
  SessionOwner& self = *this;
  session_ = std::make_unique<Session>(loop_, std::move(*stream), std::move(*codec), self);
  const SessionTimes times{.connack = options_.connack_limit,
                           .keepalive = options_.login.keepalive};
  const Error error = co_await session_->run(ctx, times);
  drained_.set();
  session_.reset();
  co_return error;
}

void Client::ended(const Error& error, Duration lasted) {
  if (lasted >= kStable) backoff_.reset();
  std::string text = error.message;
  if (error.code == Code::kDeadlineExceeded) {
    text = "no connection within " + format_duration(options_.dial_limit);
  }
  if (std::exchange(was_open_, false) && lasted < kBrief)
    text += "; another client may use this client id";
  if (text != last_error_) {
    log::warn(kScope, "no connection to the MQTT server; trying again",
              {{"server", options_.server.text()},
               {"client_id", options_.login.client_id},
               {"error", text}});
  }
  last_error_ = std::move(text);
  owner_.disconnected();
}

void Client::opened(const Connected& session) {
  last_error_.clear();
  was_open_ = true;
  log::info(kScope, "connected to the MQTT server",
            {{"server", options_.server.text()},
             {"client_id", options_.login.client_id},
             {"session", session.session_present ? "kept" : "new"}});
  owner_.connected(session);
}

// It can never be delivered: unacknowledged it would come again at every connection, and block the
// server's window for good.
void Client::oversize(const Oversize& message) {
  log::error(kScope, "dropped a message that is too large",
             {{"topic", message.topic},
              {"size", std::to_string(message.size_bytes)},
              {"limit", std::to_string(options_.max_packet_bytes)}});
  if (message.qos > 0) acknowledge(message.mid, message.qos);
}

void Client::written() {
  drained_.set();
  owner_.written();
}

Result<int> Client::sent(Result<int> result) {
  if (!result && result.error().code != Code::kInvalidArgument) session_->fail(result.error());
  session_->touch();
  return result;
}

Result<int> Client::publish(const Outgoing& message) {
  return sent(session_->codec().publish(message));
}

Result<int> Client::subscribe(const std::string& filter, int qos) {
  return sent(session_->codec().subscribe(filter, qos));
}

void Client::unsubscribe(const std::string& filter) {
  auto done = session_->codec().unsubscribe(filter);
  if (!done) session_->fail(done.error());
  session_->touch();
}

void Client::acknowledge(std::uint16_t mid, int qos) {
  if (!session_) return;
  session_->codec().acknowledge(mid, qos);
  session_->touch();
}

void Client::pause() noexcept {
  if (session_) session_->pause();
}

void Client::resume() noexcept {
  if (session_) session_->resume();
}

}  // namespace edge::mqtt
