// IPv4 addresses, and the interfaces of this machine that have one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace edge {

using Ipv4 = std::array<std::uint8_t, 4>;

std::optional<Ipv4> parse_ipv4(const std::string& text);
std::string to_text(const Ipv4& address);

[[nodiscard]] constexpr bool is_loopback(const Ipv4& address) noexcept {
  return address[0] == 127;
}

struct Interface {
  int index = 0;
  Ipv4 address{};
  friend bool operator==(const Interface&, const Interface&) = default;
};

// Those that are up, by their index; of an interface with several addresses the first.
std::vector<Interface> ipv4_interfaces();

}  // namespace edge
