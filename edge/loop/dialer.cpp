#include "edge/loop/dialer.h"

#include <utility>

namespace edge {
namespace {

class SocketDialer final : public Dialer {
 public:
  SocketDialer(UvLoop& loop, Address address) : loop_(loop), address_(std::move(address)) {}

  Task<Result<std::unique_ptr<ByteStream>>> dial(Ctx ctx) override {
    auto socket = co_await edge::connect(loop_, ctx, address_);
    if (!socket) co_return socket.error();
    co_return std::unique_ptr<ByteStream>(std::move(*socket));
  }

 private:
  UvLoop& loop_;
  Address address_;
};

}  // namespace

std::unique_ptr<Dialer> socket_dialer(UvLoop& loop, Address address) {
  return std::make_unique<SocketDialer>(loop, std::move(address));
}

}  // namespace edge
