// What the buses of the hub share: patterns of topics, request metadata, and calling handlers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/loop/loop.h"
#include "edge/loop/task_group.h"

namespace edge::pubsub {

// Whether a level of the topic is "+", or the last one "#". Source: MQTT 3.1.1 §4.7.
bool is_pattern(std::string_view topic) noexcept;
// "+" stands for one level, "#" for any number of them; neither for a first level with "$".
bool topic_matches(std::string_view pattern, std::string_view topic) noexcept;

// What a message may be published to. Errors: kInvalidArgument.
Status check_topic(std::string_view topic);

// The value of a name, ignoring case; nullptr where it is absent or empty.
const std::string* find_value(const Metadata& metadata, std::string_view name);
// From "ttl" or "ttlInSeconds": a duration or whole seconds, rounded up to seconds.
// Errors: kInvalidArgument unless it is over 0. Source: wire reference §3.3.
Result<std::optional<std::int64_t>> ttl_seconds(const Metadata& metadata);

// How many messages a bulk subscription takes at a time, as the subscriber tells in its metadata
// "maxBulkSubCount"; at most 1000. 1 for any other.
std::size_t bulk_count(const Metadata& metadata);

// Calls the handler, which outlives the call; an exception counts as an error.
Task<Status> call_handler(const Handler* handler, Ctx ctx, Delivery delivery);

// Waits for the tasks of `group`: first with patience, so that what an app is working on comes to
// its end, then cancelled.
Task<void> close_gently(Loop* loop, TaskGroup* group);

}  // namespace edge::pubsub
