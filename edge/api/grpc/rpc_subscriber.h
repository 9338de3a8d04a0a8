// The way to an app that gets its messages over gRPC. Source: wire reference §3.6, §3.10, §3.11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/net/grpc/client.h"

namespace edge::api {

class RpcSubscriber final : public blocks::SubscriberChannel {
 public:
  // `app` speaks gRPC, and outlives this.
  explicit RpcSubscriber(blocks::App& app) : app_(app) {}

  Task<Result<std::vector<blocks::TopicSubscription>>> list(Ctx ctx) override;
  Task<blocks::Outcome> deliver(Ctx ctx, const blocks::EventCall* call) override;
  Task<std::vector<blocks::Outcome>> deliver_all(Ctx ctx,
                                                 const blocks::BulkEventCall* call) override;

 private:
  enum class BulkMethod { kStable, kAlpha };

  // What the app answers. Errors: its status; kUnavailable where it cannot be reached.
  Task<Result<std::string>> ask(Ctx ctx, std::string_view path, const HeaderList* fields,
                                std::string_view message);
  Task<Result<std::string>> ask_in_bulk(Ctx ctx, const HeaderList* fields,
                                        std::string_view message);

  blocks::App& app_;
  BulkMethod bulk_method_ = BulkMethod::kStable;  // that this app is known to have
};

}  // namespace edge::api
