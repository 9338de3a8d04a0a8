#include "edge/net/mqtt/dial.h"

#include <utility>

#include "edge/net/tls/tls_stream.h"

namespace edge::mqtt {

Task<Result<std::unique_ptr<ByteStream>>> dial(UvLoop* loop, Ctx ctx, Address server,
                                               std::shared_ptr<const tls::ClientContext> tls) {
  auto socket = co_await edge::connect(*loop, ctx, server);
  if (!socket) co_return socket.error();
  if (tls == nullptr) co_return std::unique_ptr<ByteStream>(std::move(*socket));
  auto stream = co_await tls::connect(*loop, ctx, tls, std::move(*socket), server);
  if (!stream) co_return stream.error();
  co_return std::unique_ptr<ByteStream>(std::move(*stream));
}

}  // namespace edge::mqtt
