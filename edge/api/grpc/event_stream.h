// EventStream: the messages of a topic on their way to a client that has subscribed by a stream.
//
// Lives as long as the call, on the loop. Source: wire reference §3.12.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "edge/api/grpc/rpc.h"
#include "edge/blocks/pubsub/subscriber_channel.h"
#include "edge/loop/sync.h"

namespace edge::api {

class EventStream final : public blocks::SubscriberChannel {
 public:
  explicit EventStream(Rpc& rpc)
      : rpc_(rpc), begun_(rpc.services.loop), writing_(rpc.services.loop, 1) {}

  // Sends what comes before the first event; events wait for that. Legal once.
  Task<Status> begin(Ctx ctx, std::string message);
  // The client is through with an event. What nobody waits for is passed over.
  void processed(std::string_view id, blocks::Verdict verdict);
  // Nothing is sent any more, and what waits for the client comes again.
  void end();

  Task<Result<std::vector<blocks::TopicSubscription>>> list(Ctx ctx) override;
  Task<blocks::Outcome> deliver(Ctx ctx, const blocks::EventCall* call) override;
  Task<std::vector<blocks::Outcome>> deliver_all(Ctx ctx,
                                                 const blocks::BulkEventCall* call) override;

 private:
  // An event that the client has, or gets.
  struct Waiting {
    std::string id;
    Event done;
    blocks::Outcome outcome;
  };

  Task<Status> send(Ctx ctx, std::string message);

  Rpc& rpc_;
  Event begun_;
  Semaphore writing_;  // one message after the other
  std::list<Waiting*> waiting_;
  bool ended_ = false;
};

}  // namespace edge::api
