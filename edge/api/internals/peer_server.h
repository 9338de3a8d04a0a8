// The internal port: what other hubs, and daprds, call of this hub's apps.
//
// Nobody shows there who it is: what a caller says of lanes and users is not believed, and nothing
// but apps' methods can be reached. Source: wire reference §1.8, §1.10, §15.2.
#pragma once

#include "edge/api/grpc/rpc.h"

namespace edge::api {

class Delivery;

// What access control says of callers that show no identity. Source: wire reference §15.2.
enum class StrangerRule : std::uint8_t { kAllowed, kDenied };

class PeerServer final : public grpc::CallHandler {
 public:
  struct Settings {
    std::string only_app;  // of a daprd: whose calls that name none are; "" nobody's
    StrangerRule strangers = StrangerRule::kAllowed;
  };
  // `services` outlives the server.
  PeerServer(Services& services, Settings settings);

  Task<grpc::Outcome> handle(Ctx ctx, grpc::ServerCall* call) override;

 private:
  Task<grpc::Outcome> call_local(Ctx ctx, grpc::ServerCall* call);
  Task<grpc::Outcome> call_local_stream(Ctx ctx, grpc::ServerCall* call);
  Task<grpc::Outcome> pass_to_app(Ctx ctx, grpc::ServerCall* call);
  // How the answer goes back.
  enum class Answering : std::uint8_t { kWhole, kStreamed };
  Task<grpc::Outcome> deliver(Ctx ctx, grpc::ServerCall* call, Delivery* delivery,
                              Answering answering);
  [[nodiscard]] Status admit(const Delivery& delivery) const;
  [[nodiscard]] Status check_extension(const Delivery& delivery) const;
  [[nodiscard]] LaneDecision lane_of(const HeaderList& headers);

  Services& services_;
  Settings settings_;
  blocks::App stranger_;  // who calls, as far as lanes are concerned
};

}  // namespace edge::api
