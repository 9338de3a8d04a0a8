#include "edge/net/tls/tls_dialer.h"

#include <utility>

#include "edge/net/tls/tls_stream.h"

namespace edge::tls {
namespace {

class TlsDialer final : public Dialer {
 public:
  TlsDialer(UvLoop& loop, Address address, std::shared_ptr<const ClientContext> context)
      : loop_(loop), address_(std::move(address)), context_(std::move(context)) {}

  Task<Result<std::unique_ptr<ByteStream>>> dial(Ctx ctx) override {
    auto socket = co_await edge::connect(loop_, ctx, address_);
    if (!socket) co_return socket.error();
    auto stream = co_await tls::connect(loop_, ctx, context_, std::move(*socket), address_);
    if (!stream) co_return stream.error();
    co_return std::unique_ptr<ByteStream>(std::move(*stream));
  }

 private:
  UvLoop& loop_;
  Address address_;
  std::shared_ptr<const ClientContext> context_;
};

}  // namespace

std::unique_ptr<Dialer> tls_dialer(UvLoop& loop, Address address,
                                   std::shared_ptr<const ClientContext> context) {
  return std::make_unique<TlsDialer>(loop, std::move(address), std::move(context));
}

}  // namespace edge::tls
