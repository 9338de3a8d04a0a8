// What an app's answer means for a message. Source: wire reference §3.9, §3.11.
#pragma once

#include <string_view>
#include <vector>

#include "edge/blocks/pubsub/subscriber_channel.h"

namespace edge::api {

blocks::Outcome outcome_of(int status, std::string_view body);

// For each of `ids`, the entries of a bulk message, in their order.
std::vector<blocks::Outcome> outcomes_of(int status, std::string_view body,
                                         const std::vector<std::string_view>& ids);

}  // namespace edge::api
