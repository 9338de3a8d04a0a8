// daprd --wait: polls a hub until it can be used. Source: wire reference §13.1.
#pragma once

#include <cstdint>

namespace edge::daemon {

// Asks 127.0.0.1:<port> for /v1.0/healthz/outbound for up to a minute. Gives the exit code.
int wait_until_ready(std::uint16_t port);

}  // namespace edge::daemon
