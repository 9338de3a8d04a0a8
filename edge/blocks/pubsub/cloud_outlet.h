// CloudOutlet: which publications go to the cloud too, and how they get there.
//
// They are delivered on the hub as all others, and kept for the cloud beside. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "components/pubsub/pubsub.h"
#include "edge/blocks/apps/app.h"
#include "edge/blocks/pubsub/publish_request.h"
#include "edge/loop/sync.h"
#include "sync/run/cloud_port.h"

namespace edge::blocks {

// Topics of a bus whose messages go to the cloud.
struct CloudTopic {
  std::string pubsub;
  std::string filter;  // as of MQTT
  sync::Class cls = sync::Class::kEvent;
  Duration ttl{0};  // of messages that name none; 0: they do not expire
};

// A publication as the bus gets it, and as the cloud does.
struct TwofoldPublication {
  pubsub::Publication local;
  std::unique_ptr<sync::Message> cloud;
};

class CloudOutlet {
 public:
  // How long a publication waits for the cloud where it asks for that.
  static constexpr Duration kCloudLimit = std::chrono::seconds(30);

  // `port` outlives it.
  CloudOutlet(Loop& loop, sync::CloudPort& port, std::vector<CloudTopic> topics)
      : loop_(loop), port_(port), topics_(std::move(topics)) {}

  // nullptr where the message stays on the hub; else the first that fits.
  [[nodiscard]] const CloudTopic* find(std::string_view pubsub,
                                       std::string_view topic) const noexcept;

  // `lane` is the one that was decided at the entry. Takes nothing out of the request. Errors:
  // kInvalidArgument where the time to live or a CloudEvent's data cannot be read.
  [[nodiscard]] Result<std::unique_ptr<sync::Message>> message_for(const CloudTopic& topic,
                                                                   const App& app,
                                                                   const PublishRequest& request,
                                                                   const policy::LaneContext& lane,
                                                                   const Trace* trace) const;

  // Both: answers when the outbox and the bus have it. The outbox is first, so that a message that
  // it refuses goes nowhere. Where `least` is kCloud the bus is first, and then the cloud's
  // acknowledgement is waited for. Errors: of CloudPort::enqueue, where kDeadlineExceeded means
  // that the message stays queued; kInternal: of the bus.
  Task<Result<pubsub::Durability>> publish(Ctx ctx, pubsub::Bus* bus, TwofoldPublication message,
                                           pubsub::Durability least) const;

 private:
  Task<Result<pubsub::Durability>> keep(Ctx ctx, std::unique_ptr<sync::Message> message) const;
  Task<Result<pubsub::Durability>> send(Ctx ctx, std::unique_ptr<sync::Message> message) const;

  Loop& loop_;
  sync::CloudPort& port_;
  std::vector<CloudTopic> topics_;
};

}  // namespace edge::blocks
