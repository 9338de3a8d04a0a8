// An app's answer to GET /dapr/subscribe. Source: wire reference §3.6.
#pragma once

#include <string_view>
#include <vector>

#include "edge/blocks/pubsub/subscription.h"

namespace edge::api {

// Entries without a route are left out with a warning. Errors: kInvalidArgument: no JSON array, a
// member of a wrong type, an expression that does not compile: nothing of the list counts then.
Result<std::vector<blocks::TopicSubscription>> parse_subscription_list(std::string_view app,
                                                                       std::string_view body);

}  // namespace edge::api
