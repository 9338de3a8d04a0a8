// A blocking MQTT 3.1.1 client over one loopback connection, for QoS 1 and small packets.
// Source: MQTT 3.1.1 §3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class MqttClient {
 public:
  MqttClient() = default;
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;
  ~MqttClient();

  enum class Packet : std::uint8_t { kBroken = 0, kPublish = 3, kPublished = 4, kSubscribed = 9 };

  // False where nothing listens or the broker refuses.
  bool connect(std::uint16_t port, std::string_view client_id);
  bool subscribe(std::string_view topic);
  bool publish(std::string_view topic, std::string_view payload);

  // The next packet, whole; what is published to this client is acknowledged.
  Packet read();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  // Whether a packet may be at hand without waiting for the socket.
  [[nodiscard]] bool has_bytes() const noexcept { return !held_.empty(); }

 private:
  bool send(std::uint8_t type, std::string_view body);
  bool hold(std::size_t size);
  bool acknowledge(std::string_view publish);

  int fd_ = -1;
  std::uint16_t last_id_ = 0;
  std::string held_;
};

}  // namespace bench
