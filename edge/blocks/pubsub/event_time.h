// Times in messages.
#pragma once

#include <optional>

#include "components/pubsub/pubsub.h"
#include "edge/base/time.h"

namespace edge::blocks {

// How long a message lives: "ttl" or "ttlInSeconds", a duration or whole seconds over 0; nothing
// where neither is there, or it is neither of them. Source: wire reference §3.3.
std::optional<Duration> time_to_live(const pubsub::Metadata& metadata);

}  // namespace edge::blocks
