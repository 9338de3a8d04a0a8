// pubsub.mqtt3: topics of an MQTT 3.1.1 server.
//
// Publications share one connection. Each app that subscribes has a session of its own on the
// server, which keeps its messages while the app or the hub is away; so acknowledgements that are
// held back for a slow app delay neither publications nor other apps. A message of QoS 1 is
// acknowledged when the app has it. Source: wire reference §14.3; sync reference §2.3.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/pubsub/mqtt3_options.h"
#include "components/pubsub/pubsub.h"
#include "edge/loop/sync.h"
#include "edge/net/mqtt/publisher.h"
#include "edge/net/mqtt/subscriber.h"

namespace edge::pubsub {

class Mqtt3Bus final : public Bus {
 public:
  explicit Mqtt3Bus(const components::Context& context);
  ~Mqtt3Bus() override;

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<void> close() override;
  Task<Result<Durability>> publish(Ctx ctx, Publication publication) override;
  Task<Result<std::unique_ptr<Subscription>>> subscribe(Ctx ctx, SubscribeRequest request,
                                                        Handler handler) override;

 private:
  class Membership;
  // An app's session with the server.
  struct Session {
    explicit Session(Loop& loop) : gone(loop) {}
    std::unique_ptr<mqtt::Subscriber> subscriber;
    Event gone;
    bool closing = false;
  };

  [[nodiscard]] mqtt::ClientOptions client_options(std::string client_id) const;
  [[nodiscard]] std::string session_id(const SubscribeRequest& request) const;
  [[nodiscard]] std::string publisher_id() const;
  Task<Result<std::shared_ptr<Session>>> session(Ctx ctx, std::string client_id, Lasting lasting);
  Task<void> leave(std::string client_id, mqtt::Consumer* consumer, mqtt::OnRemoval on_removal);
  Task<void> close_if_empty(std::string client_id);

  components::Context context_;
  UvLoop* loop_;  // nullptr in a simulation, where there is no network
  Mqtt3Options options_;
  std::unique_ptr<mqtt::Publisher> publisher_;
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions_;  // by client id
};

}  // namespace edge::pubsub
