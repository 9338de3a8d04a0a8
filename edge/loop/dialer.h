// Dialer: how a client opens its next connection, whatever the transport.
#pragma once

#include <memory>

#include "edge/loop/byte_stream.h"
#include "edge/loop/socket.h"

namespace edge {

// TCP, Unix socket, TLS over either.
class Dialer {
 public:
  virtual ~Dialer() = default;
  // Errors: as connect(), and what TLS says.
  virtual Task<Result<std::unique_ptr<ByteStream>>> dial(Ctx ctx) = 0;
};

// For TCP and Unix sockets.
std::unique_ptr<Dialer> socket_dialer(UvLoop& loop, Address address);

}  // namespace edge
