#include "edge/net/mqtt/codec.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

#include "edge/net/mqtt/library.h"

namespace edge::mqtt {
namespace {

constexpr int kSessionPresent = 1;
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

constexpr int kVersion5 = MQTT_PROTOCOL_V5;
constexpr int kFirstFailure = 128;

std::string mid_packet(unsigned char type, std::uint16_t mid) {
  const std::array<char, 4> bytes = {static_cast<char>(type), 2, static_cast<char>(mid >> 8),
                                     static_cast<char>(mid & 0xFF)};
  return {bytes.data(), bytes.size()};
}

}  // namespace

// What is said beside a packet, with MQTT 5; nothing with 3.1.1.
class Codec::Properties {
 public:
  explicit Properties(const Codec& codec) noexcept : codec_(codec) {}
  ~Properties() { codec_.library_.free_properties(&list_); }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;

  void add(int what, Duration time) noexcept {
    constexpr std::int64_t kMost = 0xFFFFFFFE;
    const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
    if (!is_said()) return;
    codec_.library_.add_int32(&list_, what, static_cast<std::uint32_t>(std::min(seconds, kMost)));
  }
  void add(int what, const std::string& text) noexcept {
    if (is_said() && !text.empty()) codec_.library_.add_string(&list_, what, text.c_str());
  }
  void add_lane(const std::string& lane) noexcept {
    if (!is_said() || lane.empty()) return;
    codec_.library_.add_string_pair(&list_, MQTT_PROP_USER_PROPERTY, "lane", lane.c_str());
  }
  [[nodiscard]] const mosquitto_property* get() const noexcept { return list_; }

 private:
  [[nodiscard]] bool is_said() const noexcept { return codec_.version_ == Version::k5; }

  const Codec& codec_;
  mosquitto_property* list_ = nullptr;
};

Result<std::unique_ptr<Codec>> Codec::open(const Login& login, std::size_t max_packet_bytes) {
  auto library = load_library();
  if (!library) return std::move(library).error();
  std::unique_ptr<Codec> codec(new Codec(**library, max_packet_bytes));
  if (auto started = codec->start(login); !started) return std::move(started).error();
  return codec;
}

Codec::Codec(const Library& library, std::size_t max_packet_bytes)
    : library_(library), incoming_(max_packet_bytes) {}

Codec::~Codec() {
  if (client_ != nullptr) library_.destroy(client_);
}

Status Codec::start(const Login& login) {
  const bool clean = login.persistence == Persistence::kClean;
  client_ = library_.create(login.client_id.c_str(), clean, this);
  if (client_ == nullptr) {
    const Code code = errno == EINVAL ? Code::kInvalidArgument : Code::kUnavailable;
    return Error{code, "MQTT: client id '" + login.client_id + "': " + std::strerror(errno)};
  }
  if (!login.username.empty()) {
    const int set =
        library_.set_credentials(client_, login.username.c_str(), login.password.c_str());
    if (set != MOSQ_ERR_SUCCESS) return failure("user name", set);
  }
  if (login.will) {
    if (auto set = set_will(*login.will); !set) return set;
  }
  set_callbacks();
  auto end = connect(login);
  if (!end) return std::move(end).error();
  socket_ = std::move(*end);
  fcntl(library_.socket(client_), F_SETFD, FD_CLOEXEC);
  return collect();
}

Result<OwnedFd> Codec::connect(const Login& login) {
  version_ = login.version;
  Properties properties(*this);
  if (version_ == Version::k5) library_.set_option(client_, MOSQ_OPT_PROTOCOL_VERSION, kVersion5);
  if (login.persistence == Persistence::kKept) {
    properties.add(MQTT_PROP_SESSION_EXPIRY_INTERVAL, login.session_expiry);
  }
  auto link = PrivateLink::get();
  if (!link) return std::move(link).error();
  const std::lock_guard lock((*link)->mutex());
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(login.keepalive).count();
  const int connected = library_.connect(client_, (*link)->path().c_str(), 0,
                                         static_cast<int>(keepalive), nullptr, properties.get());
  if (connected != MOSQ_ERR_SUCCESS) return failure("connect", connected);
  return (*link)->accept();
}

Status Codec::set_will(const Outgoing& will) {
  const int set =
      library_.set_will(client_, will.topic.c_str(), static_cast<int>(will.payload.size()),
                        will.payload.data(), will.qos, will.retain == Retain::kYes);
  if (set != MOSQ_ERR_SUCCESS) return failure("will", set);
  return {};
}

void Codec::set_callbacks() {
  library_.on_connect(client_, on_connect);
  library_.on_disconnect(client_, on_disconnect);
  library_.on_publish(client_, on_publish);
  library_.on_message(client_, on_message);
  library_.on_subscribe(client_, on_subscribe);
}

Status Codec::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, kPieceBytes);
    bytes.remove_prefix(piece.size());
    accepted_.clear();
    if (auto passed = incoming_.filter(piece, accepted_); !passed) return passed;
    if (auto pushed = push(accepted_); !pushed) return pushed;
    for (auto& oversize : incoming_.take_oversize()) events_.emplace_back(std::move(oversize));
  }
  return {};
}

// Into the library's socket, as far as it takes bytes.
Status Codec::push(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      return Error{Code::kUnavailable, std::string("MQTT codec: ") + std::strerror(errno)};
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (auto pumped = pump(); !pumped) return pumped;
  }
  return {};
}

bool Codec::has_input() const noexcept {
  int bytes = 0;
  const int fd = library_.socket(client_);
  return fd >= 0 && ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

Status Codec::pump() {
  while (has_input()) {
    const int read = library_.loop_read(client_, 1);
    if (read != MOSQ_ERR_SUCCESS) return failure("the server's answer", read);
    if (library_.want_write(client_)) {
      if (auto collected = collect(); !collected) return collected;
    }
  }
  return collect();
}

Status Codec::collect() {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) {
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
      if (auto passed = outgoing_.filter(bytes, output_); !passed) return passed;
      continue;
    }
    if (!library_.want_write(client_)) return {};
    const int written = library_.loop_write(client_, 1);
    if (written != MOSQ_ERR_SUCCESS) return failure("write", written);
  }
}

Status Codec::tick() {
  const int kept = library_.loop_misc(client_);
  if (kept != MOSQ_ERR_SUCCESS) return failure("no answer to a ping", kept);
  return collect();
}

Result<int> Codec::publish(const Outgoing& message) {
  int mid = 0;
  Properties properties(*this);
  properties.add(MQTT_PROP_CONTENT_TYPE, message.content_type);
  properties.add_lane(message.lane);
  if (message.expiry > Duration(0)) {
    properties.add(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, message.expiry);
  }
  const int done = library_.publish(
      client_, &mid, message.topic.c_str(), static_cast<int>(message.payload.size()),
      message.payload.data(), message.qos, message.retain == Retain::kYes, properties.get());
  if (done != MOSQ_ERR_SUCCESS) return failure("publish", done);
  if (auto collected = collect(); !collected) return std::move(collected).error();
  // QoS 0 is "acknowledged" by the library itself, which says nothing.
  if (message.qos == 0) {
    std::erase_if(events_, [mid](const FromServer& event) {
      const auto* ack = std::get_if<Acknowledged>(&event);
      return ack != nullptr && ack->mid == mid;
    });
  }
  return mid;
}

Result<int> Codec::subscribe(const std::string& filter, int qos) {
  int mid = 0;
  const int done = library_.subscribe(client_, &mid, filter.c_str(), qos);
  if (done != MOSQ_ERR_SUCCESS) return failure("subscribe to " + filter, done);
  if (auto collected = collect(); !collected) return std::move(collected).error();
  return mid;
}

Status Codec::unsubscribe(const std::string& filter) {
  const int done = library_.unsubscribe(client_, nullptr, filter.c_str());
  if (done != MOSQ_ERR_SUCCESS) return failure("unsubscribe from " + filter, done);
  return collect();
}

void Codec::acknowledge(std::uint16_t mid, int qos) {
  constexpr unsigned char kPuback = 0x40;
  constexpr unsigned char kPubrec = 0x50;
  output_ += mid_packet(qos == 2 ? kPubrec : kPuback, mid);
}

void Codec::ping() {
  constexpr unsigned char kPingreq = 0xC0;
  output_ += static_cast<char>(kPingreq);
  output_ += '\0';
}

void Codec::disconnect() {
  library_.disconnect(client_);
  // The library may have closed its end; what it wrote before is there to be taken.
  static_cast<void>(collect());
}

Error Codec::failure(std::string_view what, int code) const {
  const bool ours = code == MOSQ_ERR_INVAL || code == MOSQ_ERR_PAYLOAD_SIZE ||
                    code == MOSQ_ERR_MALFORMED_UTF8 || code == MOSQ_ERR_OVERSIZE_PACKET;
  return {ours ? Code::kInvalidArgument : Code::kUnavailable,
          "MQTT: " + std::string(what) + ": " + library_.strerror(code)};
}

// The callbacks run inside loop_read: they only take notes.

void Codec::on_connect(mosquitto*, void* self, int refusal, int flags,
                       const mqtt5__property* properties) noexcept {
  auto* codec = static_cast<Codec*>(self);
  Connected connected{.refusal = refusal, .session_present = (flags & kSessionPresent) != 0};
  codec->library_.read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &connected.receive_maximum,
                             false);
  codec->events_.emplace_back(connected);
}

void Codec::on_disconnect(mosquitto*, void* self, int reason, const mqtt5__property*) noexcept {
  if (reason >= kFirstFailure) static_cast<Codec*>(self)->events_.emplace_back(Ended{reason});
}

void Codec::on_publish(mosquitto*, void* self, int mid, int reason,
                       const mqtt5__property*) noexcept {
  static_cast<Codec*>(self)->events_.emplace_back(Acknowledged{mid, reason});
}

void Codec::on_message(mosquitto*, void* self, const mosquitto_message* message) noexcept {
  Incoming incoming{.topic = message->topic,
                    .mid = static_cast<std::uint16_t>(message->mid),
                    .qos = message->qos,
                    .retained = message->retain};
  if (message->payloadlen > 0) {
    incoming.payload.assign(static_cast<const char*>(message->payload),
                            static_cast<std::size_t>(message->payloadlen));
  }
  static_cast<Codec*>(self)->events_.emplace_back(std::move(incoming));
}

void Codec::on_subscribe(mosquitto*, void* self, int mid, int count, const int* qos) noexcept {
  constexpr int kRefused = 128;
  static_cast<Codec*>(self)->events_.emplace_back(Granted{mid, count > 0 ? qos[0] : kRefused});
}

}  // namespace edge::mqtt
