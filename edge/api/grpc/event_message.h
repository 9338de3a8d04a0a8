// A CloudEvent as gRPC apps get it. Source: wire reference §3.10.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "edge/api/grpc/messages/pubsub_messages.h"
#include "edge/blocks/pubsub/subscriber_channel.h"

namespace edge::api {

// Errors: kInvalidArgument: the event is no JSON object.
Result<rpc::TopicEventRequest> event_message(const blocks::EventCall& call);

// A JSON object as a serialized google.protobuf.Struct.
std::string struct_of(const nlohmann::json& object);

}  // namespace edge::api
