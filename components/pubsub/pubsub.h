// The contract of a message bus: topics, publishing to them, and subscriptions of apps.
//
// Methods run on the loop. A component serves every app of the hub: each app that subscribes is a
// consumer of its own, as if it were alone. Source: wire reference §3, §14.3; conformance §2.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::pubsub {

using Metadata = std::map<std::string, std::string, std::less<>>;

struct Publication {
  std::string app_id;  // who publishes
  std::string topic;
  std::string data;
  std::string content_type;
  Metadata metadata;  // of the request; names are matched ignoring case
};

// What a publication has reached when publish() answers: it outlives a crash from kCommitted on.
enum class Durability : std::uint8_t { kMemory, kCommitted, kCloud };

// Whether the component would deliver a message again that the handler fails.
enum class Attempt : std::uint8_t { kRepeatable, kLast };

struct Delivery {
  std::string topic;  // as published, where the subscription is a pattern
  std::string data;
  Metadata metadata;
  Attempt attempt = Attempt::kLast;
};

// Success: the message is done with. An error: it was not processed, and the component does what
// it promises: delivers it again, or drops it. Called on the loop.
using Handler = std::function<Task<Status>(Ctx ctx, Delivery delivery)>;

// What a subscription leaves behind when it is closed.
enum class Lasting : std::uint8_t {
  kConsumer,  // what the bus keeps for the app until it is back, where the bus keeps messages
  kNothing,   // it gets what is published from now on, once, and nobody waits for it
};

struct SubscribeRequest {
  std::string app_id;  // the consumer; of Lasting::kNothing it may be ""
  std::string topic;
  Metadata metadata;
  Lasting lasting = Lasting::kConsumer;
};

// Lives from subscribe() to close(), which waits for the handlers under way: afterwards none is
// called. Closed before it goes away.
class Subscription {
 public:
  virtual ~Subscription() = default;
  virtual Task<void> close() = 0;
};

enum class Feature : std::uint8_t {
  kMessageTtl,          // expires messages itself: the envelope needs no expiration
  kSubscribeWildcards,  // topics may be patterns
};

class Bus {
 public:
  virtual ~Bus() = default;

  [[nodiscard]] virtual std::vector<Feature> features() const = 0;

  // Opens what the bus needs; a server that is away is no error: the bus tries again by itself.
  // Errors: kInvalidArgument for a bad field, else what the system said.
  virtual Task<Status> init(Ctx ctx) = 0;
  // Legal once, after init, when every subscription is closed and no call is pending.
  virtual Task<void> close() = 0;

  // Answers when the message is as safe as the answer says. Errors: kUnavailable,
  // kResourceExhausted (full: try later), kInvalidArgument (a topic or option that this bus does
  // not take).
  virtual Task<Result<Durability>> publish(Ctx ctx, Publication publication) = 0;

  // Errors: kInvalidArgument (as above), kUnavailable.
  virtual Task<Result<std::unique_ptr<Subscription>>> subscribe(Ctx ctx, SubscribeRequest request,
                                                                Handler handler) = 0;
};

// Optional ability of a bus: many messages of one topic at once.
class BulkBus {
 public:
  virtual ~BulkBus() = default;
  // One status for each publication, in their order.
  virtual Task<std::vector<Result<Durability>>> publish_all(
      Ctx ctx, std::vector<Publication> publications) = 0;
};

}  // namespace edge::pubsub
