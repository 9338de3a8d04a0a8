// Times in messages.
#pragma once

#include <optional>

#include "components/pubsub/pubsub.h"
#include "edge/base/time.h"

namespace edge::blocks {

// How long a message lives: "ttl" or "ttlInSeconds", a duration or whole seconds over 0, a hundred
// years at most; nothing where neither is there. Errors: kInvalidArgument.
Result<std::optional<Duration>> read_time_to_live(const pubsub::Metadata& metadata);
// The same, and nothing where it is wrong. Source: wire reference §3.3.
std::optional<Duration> time_to_live(const pubsub::Metadata& metadata);

}  // namespace edge::blocks
