// CloudEvents: what a publication is wrapped into. Source: wire reference §3.2, §3.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/base/random.h"
#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/loop/ctx.h"

namespace edge::blocks {

// Kinds of data, by the media type before ';', ignoring case.
enum class ContentKind : std::uint8_t { kJson, kCloudEvent, kBinary, kText, kOther };
ContentKind content_kind(std::string_view content_type) noexcept;

// Who tells the subscribers that a message has expired.
enum class Expiry : std::uint8_t { kInEnvelope, kByBus };

struct EnvelopeRequest {
  std::string_view app_id;
  std::string_view pubsub;
  std::string_view topic;
  std::string_view data;
  std::string_view content_type;
  const pubsub::Metadata& metadata;
  Trace trace;  // of the request; empty without one
  WallTime now;
  Expiry expiry = Expiry::kInEnvelope;
  // What the attribute "lane" is to be, "" for none; nothing on a hub without lanes: it stays.
  std::optional<std::string_view> lane = std::nullopt;
};

// A JSON object with its keys in order. The text of JSON data is taken over as it is, so that
// numbers stay exact. Times are UTC. Errors: kInvalidArgument: a CloudEvent that is no JSON object;
// kOutOfRange: JSON that is too deep.
Result<std::string> make_envelope(const EnvelopeRequest& request, Random& random);

// The attribute "lane" of a CloudEvent; nothing where there is none, or no event.
std::optional<std::string> lane_of_event(std::string_view event);
// The event with this attribute "lane", "" for none; as it is where it is no JSON object.
std::string event_in_lane(std::string_view event, std::string_view lane);

}  // namespace edge::blocks
