// From messages of topics to what an app that speaks gRPC is asked, and from its answers.
// Source: wire reference §3.6, §3.10, §3.11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/api/grpc/messages/callback_messages.h"
#include "edge/blocks/pubsub/subscriber_channel.h"

namespace edge::api {

// What ListTopicSubscriptions answered. Errors: kInternal: no such message; kInvalidArgument: an
// entry that cannot be: nothing of the list counts then.
Result<std::vector<blocks::TopicSubscription>> subscriptions_in(std::string_view message);

// A message whose event is no JSON object goes without one.
std::string bulk_event_message(const blocks::BulkEventCall& call);

// What OnTopicEvent answered.
blocks::Outcome event_outcome(const Result<std::string>& answer);
// What OnBulkTopicEvent answered, for each entry of `call`.
std::vector<blocks::Outcome> bulk_outcomes(const blocks::BulkEventCall& call,
                                           const Result<std::string>& answer);

}  // namespace edge::api
