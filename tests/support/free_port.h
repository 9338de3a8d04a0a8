// A port for a server that a test starts.
#pragma once

#include <cstdint>

namespace edge::test {

// On the loopback interface; nobody listens on it.
std::uint16_t free_port();

}  // namespace edge::test
