// RpcChannel: calls an app that speaks gRPC: invocations become AppCallback.OnInvoke, gRPC calls
// go as they are. Source: wire reference §1.7, §1.10.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "edge/api/grpc/call_fields.h"
#include "edge/net/http2/client.h"
#include "edge/observe/meters.h"

namespace edge::api {

// Of connections whose streams are read as slowly as somebody else likes: none that is not read
// stops the others.
http2::ClientLimits passing_limits();

struct RpcChannelSettings {
  std::string authority;  // ":authority"
  AppFields fields;
  std::size_t message_limit = 0;             // bytes of a body that is held whole
  std::shared_ptr<observe::AppMeter> meter;  // of the app that is called; null where none is
};

class RpcChannel final : public blocks::Channel {
 public:
  using Dial = std::function<std::unique_ptr<Dialer>()>;

  RpcChannel(UvLoop& loop, const Dial& dial, RpcChannelSettings settings);

  Task<Result<std::unique_ptr<blocks::Reply>>> call(Ctx ctx, const blocks::Call* call) override;
  // Cuts all connections; before it goes away.
  Task<void> close();

  // For the hub's own calls: without the app's token.
  [[nodiscard]] http2::Client& client() noexcept { return client_; }
  [[nodiscard]] observe::AppMeter* meter() const noexcept { return settings_.meter.get(); }
  [[nodiscard]] const Clock& clock() const noexcept { return loop_; }
  [[nodiscard]] const std::string& authority() const noexcept { return settings_.authority; }

 private:
  Task<Result<std::unique_ptr<blocks::Reply>>> invoke(Ctx ctx, const blocks::Call* call);
  Task<Result<std::unique_ptr<blocks::Reply>>> pass(Ctx ctx, const blocks::Call* call);
  [[nodiscard]] http2::RequestHead head_of(std::string_view path, const CallFields& fields) const;

  UvLoop& loop_;
  RpcChannelSettings settings_;
  http2::Client client_;
  // Of calls whose bodies are streams: one that nobody reads holds up nothing of the hub's own.
  http2::Client passing_;
};

}  // namespace edge::api
