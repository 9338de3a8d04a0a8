#include "sync/run/mqtt_uplink.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "edge/base/log.h"
#include "edge/net/mqtt/dial.h"
#include "edge/net/mqtt/session.h"

namespace edge::sync {
namespace {

constexpr std::string_view kScope = "edge.sync";
constexpr int kQos = 1;
constexpr int kReadersQos = 0;
constexpr int kRefused = 128;
constexpr Duration kLeaveLimit = std::chrono::seconds(1);

mqtt::Outgoing outgoing(Publication publication) {
  const bool is_event = publication.keep == Keep::kNo;
  return {.topic = std::move(publication.topic),
          .payload = std::move(publication.payload),
          .qos = kQos,
          .retain = is_event ? mqtt::Retain::kNo : mqtt::Retain::kYes,
          .content_type = is_event ? "application/cloudevents+json" : "application/json",
          .lane = std::move(publication.lane),
          .expiry = publication.remaining};
}

// Source: MQTT 5 §3.4.2.1.
Verdict verdict_of(int reason, Audience audience) {
  constexpr int kNoSubscribers = 0x10;
  constexpr int kFirstFailure = 0x80;
  constexpr std::array<int, 3> kWrong = {0x90, 0x95, 0x99};  // topic, size, format
  constexpr std::array<int, 4> kBusy = {0x80, 0x88, 0x89, 0x97};
  if (reason == kNoSubscribers && audience == Audience::kSomebody) return Verdict::kUnclaimed;
  if (reason < kFirstFailure) return Verdict::kTaken;
  if (std::ranges::find(kWrong, reason) != kWrong.end()) return Verdict::kNever;
  return std::ranges::find(kBusy, reason) != kBusy.end() ? Verdict::kBusy : Verdict::kForbidden;
}

std::uint64_t number_of(const mqtt::Incoming& message) {
  return message.qos == 0
             ? 0
             : static_cast<std::uint64_t>(message.qos) << 16 | std::uint64_t{message.mid};
}

}  // namespace

// One connection, from the attempt to its end.
class MqttUplink::Link final : private mqtt::SessionOwner, private TopicLink {
 public:
  Link(MqttUplink& uplink, Connection connection, Ctx ctx)
      : uplink_(uplink), connection_(connection), scope_(ctx), drained_(uplink.loop_) {}

  [[nodiscard]] Connection connection() const noexcept { return connection_; }
  Task<Error> run(mqtt::Login login);
  void stop() noexcept { scope_.cancel(); }
  void give_up(std::string reason) {
    given_up_ = std::move(reason);
    stop();
  }
  // Sends what waits, and takes leave.
  Task<void> leave();

  void subscribe(const std::vector<std::string>& filters);
  void publish(std::uint64_t number, Publication publication);
  void acknowledge(std::uint64_t delivery);
  void note_end(const Error& error);

 private:
  [[nodiscard]] bool is_open() const noexcept { return session_ && session_->is_open(); }
  Task<Error> attempt(mqtt::Login login);
  void end(Error error) { session_->fail(std::move(error)); }
  void unsubscribe_others(const std::vector<std::string>& filters);
  [[nodiscard]] bool is_for_readers(const std::string& topic) const;

  void ask(const std::string& topic) override;
  void drop(const std::string& topic) override;
  void opened(const mqtt::Connected& session) override;
  void received(mqtt::Incoming message) override;
  void oversize(const mqtt::Oversize& message) override;
  void acknowledged(const mqtt::Acknowledged& ack) override;
  void granted(const mqtt::Granted& grant) override;
  void written() override { drained_.set(); }

  MqttUplink& uplink_;
  Connection connection_;
  CancelScope scope_;
  std::unique_ptr<mqtt::Session> session_;
  struct Sent {
    std::uint64_t number = 0;
    Audience audience = Audience::kAny;
  };
  std::unordered_map<int, Sent> sent_;  // packets on their way
  std::set<int> asked_;                 // subscriptions that are not granted yet
  std::map<int, std::string> wished_;   // those that the engine does not need
  bool told_readers_ = false;
  mqtt::Version version_ = mqtt::Version::k311;  // of the attempt that is under way
  mqtt::Refusal refusal_ = mqtt::Refusal::kNone;
  edge::Event drained_;
  std::string given_up_;  // why the engine ended it
};

// A broker that refuses MQTT 5 is tried with 3.1.1. What has said so is asked for nothing else once
// that went well; what has only ended the connection may have had other reasons.
Task<Error> MqttUplink::Link::run(mqtt::Login login) {
  auto error = co_await attempt(login);
  if (!given_up_.empty()) co_return Error{Code::kUnavailable, given_up_};
  const bool is_new = login.version == mqtt::Version::k5 && refusal_ != mqtt::Refusal::kNone;
  if (!is_new || (uplink_.knows_5_ && refusal_ == mqtt::Refusal::kEnded)) co_return error;
  log::info(kScope, "the cloud refuses MQTT 5; MQTT 3.1.1 is tried",
            {{"server", uplink_.options_.server.text()}, {"error", error.message}});
  login.version = mqtt::Version::k311;
  error = co_await attempt(std::move(login));
  if (!given_up_.empty()) co_return Error{Code::kUnavailable, given_up_};
  co_return error;
}

Task<Error> MqttUplink::Link::attempt(mqtt::Login login) {
  const MqttUplinkOptions& options = uplink_.options_;
  DeadlineScope limit(uplink_.loop_, scope_.ctx(), options.dial_limit);
  auto stream = co_await mqtt::dial(&uplink_.loop_, limit.ctx(), options.server, options.tls);
  if (!stream) co_return stream.error();
  limit.disarm();
  auto codec = mqtt::Codec::open(login, options.max_packet_bytes);
  if (!codec) co_return codec.error();
  mqtt::SessionOwner& self = *this;
  session_ =
      std::make_unique<mqtt::Session>(uplink_.loop_, std::move(*stream), std::move(*codec), self);
  const mqtt::SessionTimes times{.connack = options.connack_limit, .keepalive = login.keepalive};
  version_ = login.version;
  const Error error = co_await session_->run(scope_.ctx(), times);
  if (login.version == mqtt::Version::k5) refusal_ = session_->refusal();
  drained_.set();
  session_.reset();
  co_return error;
}

Task<void> MqttUplink::Link::leave() {
  if (!is_open()) co_return;
  session_->codec().disconnect();
  drained_.reset();
  session_->touch();
  DeadlineScope limit(uplink_.loop_, Ctx::background(), kLeaveLimit);
  const Status left = co_await drained_.wait(limit.ctx());
  if (!left) log::debug(kScope, "disconnected without taking leave");
}

// A session that the broker keeps has the subscriptions of earlier connections.
void MqttUplink::Link::unsubscribe_others(const std::vector<std::string>& filters) {
  std::set<std::string> old = std::exchange(uplink_.filters_, {filters.begin(), filters.end()});
  for (const std::string& filter : old) {
    if (uplink_.filters_.contains(filter)) continue;
    auto done = session_->codec().unsubscribe(filter);
    if (!done) return end(std::move(done).error());
  }
}

void MqttUplink::Link::subscribe(const std::vector<std::string>& filters) {
  if (!is_open()) return;
  unsubscribe_others(filters);
  for (const std::string& filter : filters) {
    auto mid = session_->codec().subscribe(filter, kQos);
    if (!mid) return end(std::move(mid).error());
    asked_.insert(*mid);
  }
  session_->touch();
  RetainedTopics* readers = uplink_.options_.retained;
  if (readers != nullptr && !std::exchange(told_readers_, true)) readers->linked(*this);
}

void MqttUplink::Link::ask(const std::string& topic) {
  if (!is_open()) return;
  auto mid = session_->codec().subscribe(topic, kReadersQos);
  if (!mid) return end(std::move(mid).error());
  wished_[*mid] = topic;
  session_->touch();
}

void MqttUplink::Link::drop(const std::string& topic) {
  if (!is_open()) return;
  auto done = session_->codec().unsubscribe(topic);
  if (!done) return end(std::move(done).error());
  session_->touch();
}

void MqttUplink::Link::note_end(const Error& error) {
  RetainedTopics* readers = uplink_.options_.retained;
  if (readers != nullptr) readers->unlinked(*this, error.message);
}

bool MqttUplink::Link::is_for_readers(const std::string& topic) const {
  return uplink_.options_.retained != nullptr && topic.starts_with(RetainedTopics::kPrefix);
}

void MqttUplink::Link::publish(std::uint64_t number, Publication publication) {
  if (!is_open()) return;
  const Audience audience = publication.audience;
  const mqtt::Outgoing message = outgoing(std::move(publication));
  const auto mid = session_->codec().publish(message);
  session_->touch();
  if (mid) {
    if (number != 0) sent_[*mid] = {number, audience};
    return;
  }
  if (mid.error().code != Code::kInvalidArgument) return end(mid.error());
  log::error(kScope, "a message cannot be sent",
             {{"topic", message.topic}, {"error", mid.error().message}});
  if (number != 0) uplink_.owner_->answered(connection_, number, Verdict::kNever);
}

void MqttUplink::Link::acknowledge(std::uint64_t delivery) {
  if (!is_open() || delivery == 0) return;
  session_->codec().acknowledge(static_cast<std::uint16_t>(delivery & 0xFFFF),
                                static_cast<int>(delivery >> 16));
  session_->touch();
}

void MqttUplink::Link::opened(const mqtt::Connected& session) {
  log::info(kScope, "connected to the cloud",
            {{"server", uplink_.options_.server.text()},
             {"mqtt", version_ == mqtt::Version::k5 ? "5" : "3.1.1"},
             {"session", session.session_present ? "kept" : "new"}});
  uplink_.last_error_.clear();
  uplink_.knows_5_ = uplink_.knows_5_ || version_ == mqtt::Version::k5;
  if (refusal_ == mqtt::Refusal::kSaid) uplink_.options_.login.version = version_;
  const std::size_t most = session.receive_maximum;
  uplink_.owner_->connected(connection_, std::clamp<std::size_t>(uplink_.options_.window, 1, most));
}

void MqttUplink::Link::received(mqtt::Incoming message) {
  const std::uint64_t number = number_of(message);
  if (is_for_readers(message.topic)) {
    acknowledge(number);
    return uplink_.options_.retained->received(message.topic, message.payload);
  }
  uplink_.owner_->received(connection_,
                           {number, std::move(message.topic), std::move(message.payload)});
}

// It would come again at every connection.
void MqttUplink::Link::oversize(const mqtt::Oversize& message) {
  log::error(kScope, "dropped a message of the cloud that is too large",
             {{"topic", message.topic},
              {"size", std::to_string(message.size_bytes)},
              {"limit", std::to_string(uplink_.options_.max_packet_bytes)}});
  if (message.qos > 0) session_->codec().acknowledge(message.mid, message.qos);
}

void MqttUplink::Link::acknowledged(const mqtt::Acknowledged& ack) {
  const auto found = sent_.find(ack.mid);
  if (found == sent_.end()) return;
  const Sent sent = found->second;
  sent_.erase(found);
  const Verdict verdict = verdict_of(ack.reason, sent.audience);
  if (verdict != Verdict::kTaken) uplink_.note_reason(ack.reason);
  uplink_.owner_->answered(connection_, sent.number, verdict);
}

void MqttUplink::Link::granted(const mqtt::Granted& grant) {
  const auto wished = wished_.extract(grant.mid);
  if (!wished.empty() && grant.qos == kRefused) uplink_.options_.retained->denied(wished.mapped());
  if (asked_.erase(grant.mid) == 0) return;
  if (grant.qos >= kRefused) {
    return end({Code::kPermissionDenied,
                "the broker refuses a subscription to the hub's commands: check its access list"});
  }
  if (asked_.empty()) uplink_.owner_->subscribed(connection_);
}

MqttUplink::MqttUplink(UvLoop& loop, MqttUplinkOptions options)
    : loop_(loop), options_(std::move(options)), tasks_(loop, "mqtt uplink") {}

MqttUplink::~MqttUplink() = default;

void MqttUplink::connect(Connection connection, Publication farewell) {
  if (current_) current_->stop();
  current_ = std::make_shared<Link>(*this, connection, tasks_.ctx());
  options_.login.will = outgoing(std::move(farewell));
  tasks_.spawn(run(current_));
}

Task<void> MqttUplink::run(std::shared_ptr<Link> link) {
  const Error error = co_await link->run(options_.login);
  link->note_end(error);
  if (current_ == link) {
    current_.reset();
    note_end(error);
  }
  owner_->lost(link->connection());
}

void MqttUplink::note_end(const Error& error) {
  std::string text = error.message;
  if (error.code == Code::kDeadlineExceeded) {
    text = "no connection within " + format_duration(options_.dial_limit);
  }
  if (text != last_error_) {
    log::warn(kScope, "no connection to the cloud",
              {{"server", options_.server.text()}, {"error", text}});
  }
  last_error_ = std::move(text);
}

// Said once for what comes again and again.
void MqttUplink::note_reason(int reason) {
  constexpr int kNoSubscribers = 0x10;
  if (reason == kNoSubscribers || std::exchange(last_reason_, reason) == reason) return;
  log::warn(kScope, "the cloud does not take a message",
            {{"server", options_.server.text()}, {"error", mqtt::reason_text(reason)}});
}

MqttUplink::Link* MqttUplink::find(Connection connection) const noexcept {
  return current_ && current_->connection() == connection ? current_.get() : nullptr;
}

void MqttUplink::disconnect(Connection connection, std::string reason) {
  if (Link* link = find(connection)) link->give_up(std::move(reason));
}

void MqttUplink::subscribe(Connection connection, std::vector<std::string> filters) {
  if (Link* link = find(connection)) link->subscribe(filters);
}

void MqttUplink::publish(Connection connection, std::uint64_t number, Publication publication) {
  if (Link* link = find(connection)) link->publish(number, std::move(publication));
}

void MqttUplink::acknowledge(Connection connection, std::uint64_t delivery) {
  if (Link* link = find(connection)) link->acknowledge(delivery);
}

Task<void> MqttUplink::close() {
  const std::shared_ptr<Link> link = current_;
  if (link) co_await link->leave();
  current_.reset();
  co_await tasks_.close();
}

}  // namespace edge::sync
