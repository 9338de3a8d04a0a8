// Opens connections over TLS for an HTTP client.
#pragma once

#include <memory>

#include "edge/loop/socket.h"
#include "edge/net/http1/client_pool.h"
#include "edge/net/tls/context.h"

namespace edge::tls {

std::unique_ptr<http1::Dialer> tls_dialer(UvLoop& loop, Address address,
                                          std::shared_ptr<const ClientContext> context);

}  // namespace edge::tls
