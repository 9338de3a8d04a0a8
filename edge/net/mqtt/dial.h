// The way to an MQTT server: TCP, and TLS where it is wanted.
#pragma once

#include <memory>

#include "edge/loop/byte_stream.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"

namespace edge::mqtt {

// `tls` nullptr: plain TCP. Errors: of edge::connect and tls::connect.
Task<Result<std::unique_ptr<ByteStream>>> dial(UvLoop* loop, Ctx ctx, Address server,
                                               std::shared_ptr<const tls::ClientContext> tls);

}  // namespace edge::mqtt
