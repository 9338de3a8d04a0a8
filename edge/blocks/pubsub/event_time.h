// Times in messages.
#pragma once

#include <optional>
#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/base/time.h"

namespace edge::blocks {

// "2026-08-21T20:12:09.5+02:00"; nothing where the text is no such time. Source: RFC 3339 §5.6.
std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

// How long a message lives: "ttl" or "ttlInSeconds", a duration or whole seconds over 0; nothing
// where neither is there, or it is neither of them. Source: wire reference §3.3.
std::optional<Duration> time_to_live(const pubsub::Metadata& metadata);

}  // namespace edge::blocks
