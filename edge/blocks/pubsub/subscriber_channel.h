// SubscriberChannel: the way to an app that subscribes, whatever protocol it speaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "components/pubsub/pubsub.h"
#include "edge/blocks/lanes/lane_headers.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::blocks {

// What an app says of a message. Source: wire reference §3.9.
enum class Verdict : std::uint8_t { kDone, kRetry, kDrop };

// As the metrics spell it.
constexpr std::string_view to_text(Verdict verdict) noexcept {
  if (verdict == Verdict::kDone) return "success";
  return verdict == Verdict::kRetry ? "retry" : "drop";
}

struct Outcome {
  Verdict verdict = Verdict::kDone;
  std::string why;  // where it is not kDone
  int status = 0;   // HTTP's, where the app answered one
};

// One message for an app. Views live as long as the call.
struct EventCall {
  std::string_view path;  // as routed: the leading '/' may be absent
  std::string_view pubsub;
  std::string_view topic;
  std::string_view body;  // a CloudEvent as JSON
  const pubsub::Metadata* metadata = nullptr;
  const LaneHeaders* lane = nullptr;  // null on a hub without lanes
};

struct BulkEventEntry {
  std::string_view entry_id;
  std::string_view body;  // a CloudEvent as JSON; the bytes themselves where `raw`
  const pubsub::Metadata* metadata = nullptr;
};

struct BulkEventCall {
  std::string_view path;
  std::string_view pubsub;
  std::string_view topic;
  std::string_view id;
  bool raw = false;
  const LaneHeaders* lane = nullptr;  // null on a hub without lanes
  std::vector<BulkEventEntry> entries;
};

class SubscriberChannel {
 public:
  virtual ~SubscriberChannel() = default;
  // What the app itself subscribes to; entries that mean nothing are left out with a warning.
  // Errors: kUnavailable: the app could not be reached, try again; others are final.
  virtual Task<Result<std::vector<TopicSubscription>>> list(Ctx ctx) = 0;
  virtual Task<Outcome> deliver(Ctx ctx, const EventCall* call) = 0;
  // One outcome for each entry, in their order.
  virtual Task<std::vector<Outcome>> deliver_all(Ctx ctx, const BulkEventCall* call) = 0;
};

}  // namespace edge::blocks
