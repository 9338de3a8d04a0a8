// Opens connections over TLS for an HTTP client.
#pragma once

#include <memory>

#include "edge/loop/dialer.h"
#include "edge/net/tls/context.h"

namespace edge::tls {

std::unique_ptr<Dialer> tls_dialer(UvLoop& loop, Address address,
                                   std::shared_ptr<const ClientContext> context);

}  // namespace edge::tls
