#include "edge/blocks/pubsub/incoming_event.h"

#include "edge/base/rfc3339.h"
#include "edge/base/strings.h"
#include "edge/blocks/pubsub/envelope.h"
#include "edge/blocks/pubsub/json_scan.h"

namespace edge::blocks {
namespace {

constexpr std::string_view kEventPrefix = "ce_";

std::string_view value_of(const pubsub::Metadata& metadata, std::string_view name) {
  for (const auto& [known, value] : metadata) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

void add(std::string& json, std::string_view name, std::string_view value) {
  json.push_back(json.empty() ? '{' : ',');
  append_json_string(json, name);
  json.push_back(':');
  append_json_string(json, value);
}

// An event whose attributes travel beside its data, as Kafka's binary mode has them.
std::string from_attributes(const pubsub::Delivery& delivery) {
  std::string json;
  add(json, "data_base64", base64_encode(delivery.data));
  for (const auto& [name, value] : delivery.metadata) {
    if (!starts_with_ignoring_case(name, kEventPrefix)) continue;
    add(json, to_lower(name.substr(kEventPrefix.size())), value);
  }
  return json.append("}");
}

void note(IncomingEvent& event, const JsonMember& member) {
  const auto text = [&member] { return json_string(member.value).value_or(""); };
  if (member.name == "id") {
    event.id = text();
  } else if (member.name == "traceparent") {
    event.traceparent = text();
  } else if (member.name == "traceid" && event.traceparent.empty()) {
    event.traceparent = text();
  } else if (member.name == "tracestate") {
    event.tracestate = text();
  } else if (member.name == "lane") {
    event.lane = json_string(member.value);
  } else if (member.name == "expiration") {
    event.expiration = parse_rfc3339(text());
  }
}

}  // namespace

Result<IncomingEvent> read_event(const pubsub::Delivery& delivery) {
  IncomingEvent event;
  const std::string_view content_type = value_of(delivery.metadata, "content-type");
  if (equals_ignoring_case(trim(content_type), "application/octet-stream")) {
    event.made = from_attributes(delivery);
  }
  const auto members = object_members(event.body(delivery));
  if (!members) return members.error().within("the message is no CloudEvent");
  for (const JsonMember& member : *members) note(event, member);
  return event;
}

IncomingEvent wrap_raw(const pubsub::Delivery& delivery, const EventOrigin& origin,
                       Random& random) {
  IncomingEvent event;
  event.id = uuid_v4(random);
  event.traceparent = value_of(delivery.metadata, "traceparent");
  if (event.traceparent.empty()) event.traceparent = value_of(delivery.metadata, "traceid");
  event.tracestate = value_of(delivery.metadata, "tracestate");
  std::string& json = event.made;
  json.reserve(delivery.data.size() * 4 / 3 + 512);
  add(json, "data_base64", base64_encode(delivery.data));
  add(json, "datacontenttype", "application/octet-stream");
  add(json, "id", event.id);
  if (!origin.lane.empty()) add(json, "lane", origin.lane);
  add(json, "pubsubname", origin.pubsub);
  add(json, "source", "Dapr");
  add(json, "specversion", "1.0");
  add(json, "topic", origin.topic);
  if (!event.traceparent.empty()) {
    add(json, "traceid", event.traceparent);
    add(json, "traceparent", event.traceparent);
  }
  if (!event.tracestate.empty()) add(json, "tracestate", event.tracestate);
  add(json, "type", "com.dapr.event.sent");
  json.push_back('}');
  return event;
}

}  // namespace edge::blocks
