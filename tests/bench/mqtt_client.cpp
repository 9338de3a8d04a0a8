#include "tests/bench/mqtt_client.h"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/http_client.h"

namespace bench {
namespace {

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string text(std::string_view value) {
  return number(value.size()) + std::string(value);
}

}  // namespace

MqttClient::~MqttClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool MqttClient::connect(std::uint16_t port, std::string_view client_id) {
  constexpr char kCleanSession = 2;
  fd_ = connect_to(port);
  if (fd_ < 0) return false;
  const std::string body = text("MQTT") + '\4' + kCleanSession + number(60) + text(client_id);
  if (!send(0x10, body) || !hold(4)) return false;
  const bool accepted = held_[3] == 0;
  held_.erase(0, 4);
  return accepted;
}

bool MqttClient::subscribe(std::string_view topic) {
  return send(0x82, number(1) + text(topic) + '\1') && read() == Packet::kSubscribed;
}

bool MqttClient::publish(std::string_view topic, std::string_view payload) {
  last_id_ = last_id_ == 0xffff ? 1 : last_id_ + 1;
  return send(0x32, text(topic) + number(last_id_) + std::string(payload));
}

MqttClient::Packet MqttClient::read() {
  std::size_t size = 0;
  std::size_t at = 1;
  for (int shift = 0; shift < 28; shift += 7, ++at) {
    if (!hold(at + 1)) return Packet::kBroken;
    const auto byte = static_cast<unsigned char>(held_[at]);
    size |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  ++at;
  if (!hold(at + size)) return Packet::kBroken;
  const auto packet = static_cast<Packet>(static_cast<unsigned char>(held_[0]) >> 4);
  const bool done =
      packet != Packet::kPublish || acknowledge(std::string_view(held_).substr(at, size));
  held_.erase(0, at + size);
  return done ? packet : Packet::kBroken;
}

bool MqttClient::acknowledge(std::string_view publish) {
  if (publish.size() < 2) return false;
  const std::size_t topic =
      static_cast<unsigned char>(publish[0]) << 8 | static_cast<unsigned char>(publish[1]);
  return publish.size() >= topic + 4 && send(0x40, publish.substr(topic + 2, 2));
}

bool MqttClient::send(std::uint8_t type, std::string_view body) {
  std::string packet(1, static_cast<char>(type));
  std::size_t left = body.size();
  do {
    const std::size_t more = left > 0x7f ? 0x80 : 0;
    packet += static_cast<char>((left & 0x7f) | more);
    left >>= 7;
  } while (left > 0);
  packet += body;
  return ::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(packet.size());
}

bool MqttClient::hold(std::size_t size) {
  std::array<char, 4096> piece{};
  while (held_.size() < size) {
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    held_.append(piece.data(), static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace bench
