// A message of a bus as the CloudEvent that apps get. Source: wire reference §3.9.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/base/random.h"
#include "edge/base/result.h"
#include "edge/base/time.h"

namespace edge::blocks {

struct IncomingEvent {
  std::string made;  // the event, where it was made here; else the message is one
  std::string id;
  std::string traceparent;
  std::string tracestate;
  std::optional<std::string> lane;  // as the message says
  std::optional<WallTime> expiration;

  [[nodiscard]] std::string_view body(const pubsub::Delivery& delivery) const noexcept {
    return made.empty() ? std::string_view(delivery.data) : std::string_view(made);
  }
};

// Where a message comes from.
struct EventOrigin {
  std::string_view pubsub;
  std::string_view topic;  // as apps know it
  std::string_view lane;   // "" none
};

// Errors: kInvalidArgument: the message is no JSON object.
Result<IncomingEvent> read_event(const pubsub::Delivery& delivery);
// Any bytes, of a subscription with rawPayload.
IncomingEvent wrap_raw(const pubsub::Delivery& delivery, const EventOrigin& origin, Random& random);

}  // namespace edge::blocks
