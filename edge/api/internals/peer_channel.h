// PeerChannel: calls apps behind another hub's, or a daprd's, internal port: invocations by
// CallLocalStream, gRPC calls as they are. Source: wire reference §1.8, §1.9, §1.10.
#pragma once

#include <memory>
#include <string>

#include "edge/api/grpc/call_fields.h"
#include "edge/blocks/apps/health.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/net/http2/client.h"

namespace edge::api {

struct PeerSettings {
  Address address;
  FieldList hub;                  // who forwards, as the callee is told
  std::size_t message_limit = 0;  // bytes of one message
};

class PeerChannel final : public blocks::Channel {
 public:
  PeerChannel(UvLoop& loop, PeerSettings settings);

  // Errors: kUnavailable: nothing was sent; else what the other hub said.
  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, const blocks::Call* call) override;
  // Cuts all connections; before it goes away.
  Task<void> close() { return client_.close(); }

  [[nodiscard]] bool connected() const noexcept { return client_.connections() > 0; }
  [[nodiscard]] const Address& address() const noexcept { return settings_.address; }

 private:
  Task<Result<std::unique_ptr<blocks::Reply>>> invoke(Ctx ctx, const blocks::Call* call);
  Task<Result<std::unique_ptr<blocks::Reply>>> repeat(Ctx ctx, const blocks::Call* call,
                                                      std::string body);
  Task<Result<std::unique_ptr<blocks::Reply>>> pass(Ctx ctx, const blocks::Call* call);

  UvLoop& loop_;
  PeerSettings settings_;
  std::string authority_;
  http2::Client client_;
};

// Whether something listens there.
class PeerProbe final : public blocks::HealthProbe {
 public:
  PeerProbe(UvLoop& loop, Address address) : loop_(loop), address_(std::move(address)) {}
  Task<Status> probe(Ctx ctx) override;

 private:
  UvLoop& loop_;
  Address address_;
};

}  // namespace edge::api
