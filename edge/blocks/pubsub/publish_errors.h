// The errors of publishing as daprd words them. Source: wire reference §3.1.
#pragma once

#include <string_view>

#include "components/pubsub/pubsub.h"
#include "edge/blocks/api_error.h"

namespace edge::blocks {

// The least that a publication must reach, from its metadata "durability"; kMemory where it says
// nothing. Errors: kInvalidArgument for another word than memory, committed or cloud.
Result<pubsub::Durability> least_durability(const pubsub::Metadata& metadata);
std::string_view to_text(pubsub::Durability durability) noexcept;

namespace errors {

// A topic in a component, for errors that name both.
struct TopicOf {
  std::string_view pubsub;
  std::string_view topic;
};

ApiError name_empty(const pubsub::Metadata& request);
ApiError not_found(std::string_view pubsub, const pubsub::Metadata& request);
ApiError topic_empty(std::string_view pubsub, const pubsub::Metadata& request);
ApiError bad_metadata(std::string_view pubsub, const pubsub::Metadata& request,
                      std::string_view what);
ApiError no_cloudevent(std::string_view app, TopicOf where, const Error& error);
ApiError no_envelope(std::string_view app, TopicOf where, std::string_view what);
ApiError entry_ids(std::string_view app, TopicOf where);
ApiError no_entries(std::string_view app, TopicOf where, std::string_view what);
ApiError forbidden(std::string_view app, TopicOf where);
ApiError vanished(TopicOf where);
ApiError not_published(TopicOf where, const Error& error);

// Of a message for the cloud: by its code. kResourceExhausted is a full outbox: nothing was
// published.
ApiError not_kept(TopicOf where, const Error& error);

// What was reached. Errors: kFailedPrecondition where that is less than was asked for: the message
// was published all the same.
Result<pubsub::Durability> check_reached(pubsub::Durability reached,
                                         const Result<pubsub::Durability>& least);

}  // namespace errors
}  // namespace edge::blocks
