// Where an MQTT server is, from its URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge/loop/socket.h"

namespace edge::mqtt {

enum class Transport : std::uint8_t { kPlain, kTls };

struct ServerUrl {
  Transport transport = Transport::kPlain;
  Address server;
  std::string username;  // "" where the URL has none
  std::string password;
};

// "mqtt://[user:password@]host[:1883]", or mqtts with port 8883; tcp, ssl, tls and tcps are
// understood too. Errors: kInvalidArgument, "must ...", never with what the URL holds.
Result<ServerUrl> parse_server_url(std::string_view url);

}  // namespace edge::mqtt
