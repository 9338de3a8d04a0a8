#include "edge/blocks/pubsub/envelope.h"

#include <map>

#include "edge/base/strings.h"
#include "edge/blocks/pubsub/event_time.h"
#include "edge/blocks/pubsub/json_scan.h"

namespace edge::blocks {
namespace {

constexpr std::string_view kDefaultType = "com.dapr.event.sent";
constexpr std::string_view kDefaultSource = "Dapr";
constexpr std::string_view kSpecVersion = "1.0";
constexpr std::size_t kUsualOverhead = 512;

std::string_view value_of(const pubsub::Metadata& metadata, std::string_view name) {
  for (const auto& [known, value] : metadata) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

std::string_view first_of(std::string_view a, std::string_view b) {
  return a.empty() ? b : a;
}

// Members, in order.
class Writer {
 public:
  explicit Writer(std::size_t size) { text_.reserve(size); }

  void add_string(std::string_view name, std::string_view value) {
    add_name(name);
    append_json_string(text_, value);
  }
  // `json` is well-formed.
  void add_json(std::string_view name, std::string_view json) {
    add_name(name);
    text_.append(json);
  }
  std::string finish() {
    text_.append(text_.empty() ? "{}" : "}");
    return std::move(text_);
  }

 private:
  void add_name(std::string_view name) {
    text_.push_back(text_.empty() ? '{' : ',');
    append_json_string(text_, name);
    text_.push_back(':');
  }

  std::string text_;
};

// What is called JSON and is none goes as text. Errors: kOutOfRange.
Status add_data(Writer& writer, const EnvelopeRequest& request) {
  const ContentKind kind = content_kind(request.content_type);
  if (kind == ContentKind::kBinary) {
    writer.add_string("data_base64", base64_encode(request.data));
    return {};
  }
  const Status json =
      kind == ContentKind::kJson ? check_json(request.data) : Error{Code::kInvalidArgument, ""};
  if (!json && json.error().code == Code::kOutOfRange) return json;
  if (json) {
    writer.add_json("data", trim(request.data));
  } else {
    writer.add_string("data", request.data);
  }
  return {};
}

Result<std::string> new_envelope(const EnvelopeRequest& request, Random& random) {
  const auto set = [&request](std::string_view name) { return value_of(request.metadata, name); };
  Writer writer(request.data.size() + kUsualOverhead);
  if (auto added = add_data(writer, request); !added) return added.error();
  writer.add_string("datacontenttype", first_of(request.content_type, "text/plain"));
  const auto ttl = time_to_live(request.metadata);
  if (ttl && request.expiry == Expiry::kInEnvelope) {
    writer.add_string("expiration", to_rfc3339(request.now + *ttl));
  }
  const std::string_view id = set("cloudevent.id");
  writer.add_string("id", id.empty() ? uuid_v4(random) : std::string(id));
  if (request.lane && !request.lane->empty()) writer.add_string("lane", *request.lane);
  writer.add_string("pubsubname", request.pubsub);
  writer.add_string("source",
                    first_of(set("cloudevent.source"), first_of(request.app_id, kDefaultSource)));
  writer.add_string("specversion", kSpecVersion);
  if (const auto subject = set("cloudevent.subject"); !subject.empty()) {
    writer.add_string("subject", subject);
  }
  writer.add_string("time", to_rfc3339(request.now));
  writer.add_string("topic", request.topic);
  const std::string_view trace =
      first_of(set("cloudevent.traceparent"),
               first_of(set("cloudevent.traceid"), request.trace.traceparent));
  writer.add_string("traceid", trace);
  writer.add_string("traceparent", trace);
  writer.add_string("tracestate", first_of(set("cloudevent.tracestate"), request.trace.tracestate));
  writer.add_string("type", first_of(set("cloudevent.type"), kDefaultType));
  return writer.finish();
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// The amendments to a CloudEvent that an app made itself.
Result<std::string> amended_envelope(const EnvelopeRequest& request) {
  const auto members = object_members(request.data);
  if (!members) return members.error();
  std::map<std::string, std::string, std::less<>> all;
  for (const JsonMember& member : *members) all[member.name] = member.value;
  const auto add = [&all](const char* name, std::string_view text) {
    all.try_emplace(name, quoted(text));
  };
  const auto add_over_null = [&all](const char* name, std::string_view text) {
    std::string& json = all[name];
    if (json.empty() || json == "null") json = quoted(text);
  };
  add("time", to_rfc3339(request.now));
  if (!all.contains("traceid")) {
    all["traceid"] = quoted(request.trace.traceparent);
    all["traceparent"] = all["traceid"];
  }
  add("tracestate", request.trace.tracestate);
  all["topic"] = quoted(request.topic);
  all["pubsubname"] = quoted(request.pubsub);
  add_over_null("source", kDefaultSource);
  add_over_null("type", kDefaultType);
  add_over_null("specversion", kSpecVersion);
  const auto ttl = time_to_live(request.metadata);
  if (ttl && request.expiry == Expiry::kInEnvelope) {
    all["expiration"] = quoted(to_rfc3339(request.now + *ttl));
  }
  if (request.lane) all.erase("lane");
  if (request.lane && !request.lane->empty()) all["lane"] = quoted(*request.lane);
  Writer writer(request.data.size() + kUsualOverhead);
  for (const auto& [name, json] : all) writer.add_json(name, json);
  return writer.finish();
}

}  // namespace

ContentKind content_kind(std::string_view content_type) noexcept {
  const std::string_view media = trim(content_type.substr(0, content_type.find(';')));
  const auto is = [media](std::string_view name) { return equals_ignoring_case(media, name); };
  if (is("application/json")) return ContentKind::kJson;
  if (is("application/cloudevents+json")) return ContentKind::kCloudEvent;
  if (is("application/octet-stream")) return ContentKind::kBinary;
  if (is("application/cloudevents+protobuf")) return ContentKind::kBinary;
  if (is("application/xml") || starts_with_ignoring_case(media, "text/")) return ContentKind::kText;
  return ContentKind::kOther;
}

Result<std::string> make_envelope(const EnvelopeRequest& request, Random& random) {
  if (content_kind(request.content_type) == ContentKind::kCloudEvent) {
    return amended_envelope(request);
  }
  return new_envelope(request, random);
}

std::optional<std::string> lane_of_event(std::string_view event) {
  const auto members = object_members(event);
  if (!members) return std::nullopt;
  for (const JsonMember& member : *members) {
    if (member.name == "lane") return json_string(member.value);
  }
  return std::nullopt;
}

std::string event_in_lane(std::string_view event, std::string_view lane) {
  const auto members = object_members(event);
  if (!members) return std::string(event);
  Writer writer(event.size() + kUsualOverhead);
  for (const JsonMember& member : *members) {
    if (member.name != "lane") writer.add_json(member.name, member.value);
  }
  if (!lane.empty()) writer.add_string("lane", lane);
  return writer.finish();
}

}  // namespace edge::blocks
