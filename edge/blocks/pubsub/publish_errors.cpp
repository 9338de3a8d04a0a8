#include "edge/blocks/pubsub/publish_errors.h"

#include <array>

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

constexpr std::array<std::string_view, 3> kDurabilities = {"memory", "committed", "cloud"};

using Details = std::vector<std::pair<std::string, std::string>>;

struct Kind {
  int http;
  Code grpc;
  std::string_view tag;
  std::string_view reason;
};

ApiError make(const Kind& kind, std::string message, Details metadata) {
  return {.http = kind.http,
          .grpc = kind.grpc,
          .tag = std::string(kind.tag),
          .message = std::move(message),
          .reason = std::string(kind.reason),
          .metadata = std::move(metadata)};
}

ApiError with_resource(ApiError error, std::string_view pubsub) {
  error.resource_type = "pubsub";
  error.resource_name = pubsub;
  error.resource_description = error.message;
  return error;
}

Details details(const pubsub::Metadata& metadata) {
  return {metadata.begin(), metadata.end()};
}

Details app_and_error(std::string_view app, std::string_view what) {
  return {{"appID", std::string(app)}, {"error", std::string(what)}};
}

std::string text(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) joined.append(part);
  return joined;
}

}  // namespace

Result<pubsub::Durability> least_durability(const pubsub::Metadata& metadata) {
  for (const auto& [name, value] : metadata) {
    if (!equals_ignoring_case(name, "durability") || value.empty()) continue;
    for (std::size_t i = 0; i < kDurabilities.size(); ++i) {
      if (value == kDurabilities[i]) return static_cast<pubsub::Durability>(i);
    }
    return Error{Code::kInvalidArgument,
                 "durability value must be memory, committed or cloud: actual is '" + value + "'"};
  }
  return pubsub::Durability::kMemory;
}

std::string_view to_text(pubsub::Durability durability) noexcept {
  return kDurabilities[static_cast<std::size_t>(durability)];
}

namespace errors {

ApiError name_empty(const pubsub::Metadata& request) {
  constexpr Kind kKind{404, Code::kInvalidArgument, "ERR_PUBSUB_EMPTY", "DAPR_PUBSUB_NAME_EMPTY"};
  return with_resource(make(kKind, "pubsub name is empty", details(request)), "");
}

ApiError not_found(std::string_view pubsub, const pubsub::Metadata& request) {
  constexpr Kind kKind{404, Code::kInvalidArgument, "ERR_PUBSUB_NOT_FOUND",
                       "DAPR_PUBSUB_NOT_FOUND"};
  return make(kKind, text({"pubsub ", pubsub, " is not found"}), details(request));
}

ApiError topic_empty(std::string_view pubsub, const pubsub::Metadata& request) {
  constexpr Kind kKind{404, Code::kInvalidArgument, "ERR_TOPIC_NAME_EMPTY",
                       "DAPR_PUBSUB_TOPIC_NAME_EMPTY"};
  return with_resource(make(kKind, text({"topic is empty in pubsub ", pubsub}), details(request)),
                       pubsub);
}

ApiError bad_metadata(std::string_view pubsub, const pubsub::Metadata& request,
                      std::string_view what) {
  constexpr Kind kKind{400, Code::kInvalidArgument, "ERR_PUBSUB_REQUEST_METADATA",
                       "DAPR_PUBSUB_METADATA_DESERIALIZATION"};
  return with_resource(
      make(kKind, text({"failed deserializing metadata. Error: ", what}), details(request)),
      pubsub);
}

ApiError no_cloudevent(std::string_view app, TopicOf where, const Error& error) {
  constexpr Kind kKind{500, Code::kInvalidArgument, "ERR_PUBSUB_CLOUD_EVENTS_SER",
                       "DAPR_PUBSUB_CLOUD_EVENT_CREATION"};
  return with_resource(make(kKind, "cannot create cloudevent", app_and_error(app, error.message)),
                       where.pubsub);
}

ApiError no_envelope(std::string_view app, TopicOf where, std::string_view what) {
  constexpr Kind kKind{400, Code::kInvalidArgument, "ERR_PUBSUB_EVENTS_SER",
                       "DAPR_PUBSUB_MARSHAL_ENVELOPE"};
  return with_resource(make(kKind,
                            text({"error when marshalling cloud event envelope for topic ",
                                  where.topic, " pubsub ", where.pubsub, ": ", what}),
                            app_and_error(app, what)),
                       where.pubsub);
}

ApiError entry_ids(std::string_view app, TopicOf where) {
  constexpr Kind kKind{400, Code::kInvalidArgument, "ERR_PUBSUB_EVENTS_SER",
                       "DAPR_PUBSUB_MARSHAL_EVENTS"};
  constexpr std::string_view kWhat = "entryId is duplicated or not present for entry";
  return with_resource(make(kKind,
                            text({"error marshaling events to bytes for topic ", where.topic,
                                  " pubsub ", where.pubsub, ". error: ", kWhat}),
                            app_and_error(app, kWhat)),
                       where.pubsub);
}

ApiError no_entries(std::string_view app, TopicOf where, std::string_view what) {
  constexpr Kind kKind{400, Code::kInvalidArgument, "ERR_PUBSUB_EVENTS_SER",
                       "DAPR_PUBSUB_UNMARSHAL_EVENTS"};
  return with_resource(make(kKind,
                            text({"error when unmarshaling the request for topic ", where.topic,
                                  " pubsub ", where.pubsub, ": ", what}),
                            {{"appID", std::string(app)}}),
                       where.pubsub);
}

ApiError forbidden(std::string_view app, TopicOf where) {
  constexpr Kind kKind{403, Code::kPermissionDenied, "ERR_PUBSUB_FORBIDDEN",
                       "DAPR_PUBSUB_FORBIDDEN"};
  const std::string message = text({"topic ", where.topic, " is not allowed for app id ", app});
  return with_resource(
      make(kKind, message, {{"topic", std::string(where.topic)}, {"error", message}}),
      where.pubsub);
}

ApiError vanished(TopicOf where) {
  constexpr Kind kKind{400, Code::kNotFound, "ERR_PUBSUB_NOT_FOUND", "DAPR_PUBSUB_TEST_NOT_FOUND"};
  const std::string message = text({"pubsub '", where.pubsub, "' not found"});
  return with_resource(
      make(kKind, message, {{"topic", std::string(where.topic)}, {"error", message}}),
      where.pubsub);
}

ApiError not_published(TopicOf where, const Error& error) {
  constexpr Kind kKind{500, Code::kInternal, "ERR_PUBSUB_PUBLISH_MESSAGE",
                       "DAPR_PUBSUB_PUBLISH_MESSAGE"};
  return with_resource(make(kKind,
                            text({"error when publishing to topic ", where.topic, " in pubsub ",
                                  where.pubsub, ": ", error.message}),
                            {{"topic", std::string(where.topic)}, {"error", error.message}}),
                       where.pubsub);
}

ApiError not_kept(TopicOf where, const Error& error) {
  if (error.code == Code::kInternal) return not_published(where, error);
  ApiError told = not_published(where, error);
  told.http = http_status(error.code);
  told.grpc = error.code;
  if (error.code == Code::kResourceExhausted) told.tag = "ERR_OUTBOX_FULL";
  if (error.code == Code::kDeadlineExceeded) told.tag = "ERR_CLOUD_NOT_REACHED";
  return told;
}

Result<pubsub::Durability> check_reached(pubsub::Durability reached,
                                         const Result<pubsub::Durability>& least) {
  if (!least || reached >= *least) return reached;
  return Error{Code::kFailedPrecondition,
               text({"the message was published, but has reached ", to_text(reached),
                     " only, and durability=", to_text(*least),
                     " was asked for; use a component that reaches it"})};
}

}  // namespace errors
}  // namespace edge::blocks
