// Codec: libmosquitto as a translator between calls and bytes, without any network of its own.
//
// The library talks through a private socket whose other end is here, so that our loop owns the
// connection: no thread, no select(), no blocking connect, no second TLS. One codec serves one
// connection; nothing that the library has queued outlives it, so nothing is sent twice behind our
// back. Bytes move inside the calls: afterwards output() holds what has to go to the server.
//
// Acknowledgements of messages leave by acknowledge() alone. The library writes its own before the
// message has been seen; they are taken out. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/net/mqtt/packet_filter.h"
#include "edge/net/mqtt/private_link.h"

struct mosquitto;
struct mosquitto_message;  // NOLINT(readability-identifier-naming)
struct mqtt5__property;    // NOLINT

namespace edge::mqtt {

struct Library;

enum class Retain : std::uint8_t { kNo, kYes };

struct Outgoing {
  std::string topic;
  std::string payload;
  int qos = 1;
  Retain retain = Retain::kNo;
  // Said with MQTT 5 only.
  std::string content_type = {};  // "": none
  std::string lane = {};          // the user property "lane"; "": none
  Duration expiry{0};             // after which nobody needs it; 0: never
};

// Whether the server keeps subscriptions and messages for this client while it is away.
enum class Persistence : std::uint8_t { kKept, kClean };

enum class Version : std::uint8_t { k311, k5 };

struct Login {
  std::string client_id;
  std::string username;  // "" sends neither
  std::string password;
  Persistence persistence = Persistence::kKept;
  Duration keepalive = std::chrono::seconds(30);  // at least 5 s
  std::optional<Outgoing> will = std::nullopt;    // said by the server when the connection breaks
  Version version = Version::k311;
  // How long the server keeps what it keeps; 3.1.1 does not say.
  Duration session_expiry = std::chrono::hours(24 * 7);
};

// What has come from the server.
struct Connected {
  int refusal = 0;  // 0: the session is open. Source: MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2
  bool session_present = false;
  std::uint16_t receive_maximum = 65535;  // messages that it takes at once
};
struct Acknowledged {
  int mid = 0;
  int reason = 0;  // from 128 on it is not taken. Source: MQTT 5 §3.4.2.1
};
// It ends the connection, and says why. Source: MQTT 5 §3.14.2.1
struct Ended {
  int reason = 0;
};
struct Granted {
  int mid = 0;
  int qos = 0;  // 128: refused
};
struct Incoming {
  std::string topic;
  std::string payload;
  std::uint16_t mid = 0;
  int qos = 0;
  bool retained = false;
};
using FromServer = std::variant<Connected, Acknowledged, Granted, Incoming, Oversize, Ended>;

class Codec {
 public:
  // Writes the CONNECT. Errors: kFailedPrecondition (no library), kInvalidArgument, kUnavailable.
  static Result<std::unique_ptr<Codec>> open(const Login& login, std::size_t max_packet_bytes);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // Takes bytes of the server; what they said is in take_events(). Errors: kUnavailable.
  Status feed(std::string_view bytes);
  std::vector<FromServer> take_events() noexcept { return std::exchange(events_, {}); }
  // What has to go to the server.
  [[nodiscard]] const std::string& output() const noexcept { return output_; }
  std::string take_output() noexcept { return std::exchange(output_, {}); }

  // Once a second: keeps the connection alive, and notices when it is dead. Errors: kUnavailable.
  Status tick();

  // Legal after Connected. Give the id of the packet. Errors: kInvalidArgument, kUnavailable.
  Result<int> publish(const Outgoing& message);
  Result<int> subscribe(const std::string& filter, int qos);
  Status unsubscribe(const std::string& filter);
  // Tells the server that a message of QoS 1 or 2 is done with.
  void acknowledge(std::uint16_t mid, int qos);
  void ping();
  void disconnect();

 private:
  Codec(const Library& library, std::size_t max_packet_bytes);
  Status start(const Login& login);
  Status set_will(const Outgoing& will);
  void set_callbacks();
  class Properties;
  [[nodiscard]] Result<OwnedFd> connect(const Login& login);
  Status push(std::string_view bytes);
  // Lets the library read all that its socket holds, and takes all that it writes.
  Status pump();
  Status collect();
  [[nodiscard]] bool has_input() const noexcept;
  Error failure(std::string_view what, int code) const;

  static void on_connect(mosquitto*, void* self, int refusal, int flags,
                         const mqtt5__property* properties) noexcept;
  static void on_disconnect(mosquitto*, void* self, int reason, const mqtt5__property*) noexcept;
  static void on_publish(mosquitto*, void* self, int mid, int reason,
                         const mqtt5__property*) noexcept;
  static void on_message(mosquitto*, void* self, const mosquitto_message* message) noexcept;
  static void on_subscribe(mosquitto*, void* self, int mid, int count, const int* qos) noexcept;

  const Library& library_;
  Version version_ = Version::k311;
  mosquitto* client_ = nullptr;
  OwnedFd socket_;  // our end
  SizeFilter incoming_;
  AckFilter outgoing_;
  std::string accepted_;
  std::string output_;
  std::vector<FromServer> events_;
};

}  // namespace edge::mqtt
