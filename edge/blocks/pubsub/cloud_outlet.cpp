#include "edge/blocks/pubsub/cloud_outlet.h"

#include <algorithm>
#include <array>

#include "edge/base/strings.h"
#include "edge/blocks/pubsub/envelope.h"
#include "edge/blocks/pubsub/event_time.h"
#include "edge/blocks/pubsub/json_scan.h"
#include "edge/blocks/pubsub/subscription.h"
#include "edge/policy/topic_filter.h"

namespace edge::blocks {
namespace {

using pubsub::Durability;
using Reached = Result<Durability>;

constexpr std::string_view kJson = "application/json";

std::string_view value_of(const pubsub::Metadata& metadata, std::string_view name) {
  for (const auto& [known, value] : metadata) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

// Members of a JSON object, as text.
class Attributes {
 public:
  // `json` is well-formed.
  void add_json(std::string_view name, std::string_view json) {
    text_.push_back(text_.empty() ? '{' : ',');
    append_json_string(text_, name);
    text_.push_back(':');
    text_.append(json);
  }
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string json;
    append_json_string(json, value);
    add_json(name, json);
  }
  std::string take() {
    if (!text_.empty()) text_.push_back('}');
    return std::move(text_);
  }

 private:
  std::string text_;
};

void add_trace(Attributes& more, const pubsub::Metadata& metadata, const Trace* trace) {
  const std::string_view given = value_of(metadata, "cloudevent.traceparent");
  more.add("traceparent", given.empty() && trace != nullptr ? trace->traceparent : given);
}

bool is_raw(const pubsub::Metadata& metadata) {
  const auto raw = raw_payload(metadata);
  return raw && *raw;
}

// JSON is what the cloud takes data for where nothing is said.
void add_content_type(Attributes& more, const PublishRequest& request) {
  std::string_view type = request.content_type;
  if (type.empty()) type = is_raw(request.metadata) ? "application/octet-stream" : "text/plain";
  if (type != kJson) more.add("datacontenttype", type);
}

// Data that an app gives without an envelope.
void put_plain(sync::Message& message, const PublishRequest& request, const Trace* trace) {
  const auto& metadata = request.metadata;
  Attributes more;
  add_content_type(more, request);
  more.add("originid", value_of(metadata, "cloudevent.id"));
  more.add("subject", value_of(metadata, "cloudevent.subject"));
  add_trace(more, metadata, trace);
  message.type = value_of(metadata, "cloudevent.type");
  message.attributes = more.take();
  message.body = request.data;
}

// What the outbox gives itself, or the cloud does not need.
bool is_replaced(std::string_view name) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"specversion", "source", "time", "topic", "pubsubname", "lane", "lanegen", "sequence",
       "class", "traceid", "expiration", "expirytime", "partitionkey", "correlationid", "lanefrom",
       "lanefallback"});
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_json_type(std::string_view type) {
  return type.empty() || content_kind(type) == ContentKind::kJson || type.ends_with("+json");
}

std::string text_of(std::string_view json) {
  return json_string(json).value_or("");
}

// A CloudEvent of the app's own: its attributes stay, but for those that make its place in the
// stream. Its id becomes "originid".
Status put_event(sync::Message& message, const std::vector<JsonMember>& members) {
  Attributes more;
  std::string_view data;
  std::string content_type;
  for (const JsonMember& member : members) {
    if (member.name == "data") {
      data = member.value;
    } else if (member.name == "data_base64") {
      auto bytes = base64_decode(text_of(member.value));
      if (!bytes) return Error{Code::kInvalidArgument, "data_base64 is not base64"};
      message.body = std::move(*bytes);
    } else if (member.name == "type") {
      message.type = text_of(member.value);
    } else if (member.name == "id") {
      more.add_json("originid", member.value);
    } else if (!is_replaced(member.name) && member.value != "null") {
      if (member.name == "datacontenttype") content_type = text_of(member.value);
      more.add_json(member.name, member.value);
    }
  }
  const auto text = is_json_type(content_type) ? std::nullopt : json_string(data);
  if (!data.empty()) message.body = text ? *text : std::string(data);
  message.attributes = more.take();
  return {};
}

}  // namespace

const CloudTopic* CloudOutlet::find(std::string_view pubsub,
                                    std::string_view topic) const noexcept {
  for (const CloudTopic& one : topics_) {
    if (one.pubsub == pubsub && policy::fits_filter(one.filter, topic)) return &one;
  }
  return nullptr;
}

Result<std::unique_ptr<sync::Message>> CloudOutlet::message_for(const CloudTopic& topic,
                                                                const App& app,
                                                                const PublishRequest& request,
                                                                const policy::LaneContext& lane,
                                                                const Trace* trace) const {
  const auto ttl = read_time_to_live(request.metadata);
  if (!ttl) return ttl.error();
  auto message = std::make_unique<sync::Message>();
  message->cls = topic.cls;
  message->source = app.id();
  message->topic = request.topic;
  message->key = value_of(request.metadata, "partitionKey");
  const sync::Lane current = port_.status().lane;
  sync::Lane stamp{std::string(lane.lane.view()), 0};
  if (stamp.id == current.id) stamp.gen = current.gen;
  message->lane = std::move(stamp);
  message->ttl = std::chrono::ceil<sync::HubTime>(ttl->value_or(topic.ttl));
  const bool is_event =
      !is_raw(request.metadata) && content_kind(request.content_type) == ContentKind::kCloudEvent;
  const auto members = is_event ? object_members(request.data) : Error{};
  if (!members) {
    put_plain(*message, request, trace);
  } else if (auto put = put_event(*message, *members); !put) {
    return std::move(put).error();
  }
  return message;
}

Task<Reached> CloudOutlet::keep(Ctx ctx, std::unique_ptr<sync::Message> message) const {
  auto kept = co_await port_.enqueue(ctx, std::move(*message), sync::Durability::kCommitted);
  if (!kept) co_return std::move(kept).error();
  co_return Durability::kCommitted;
}

Task<Reached> CloudOutlet::send(Ctx ctx, std::unique_ptr<sync::Message> message) const {
  DeadlineScope limit(loop_, ctx, kCloudLimit);
  auto sent = co_await port_.enqueue(limit.ctx(), std::move(*message), sync::Durability::kCloud);
  if (sent) co_return Durability::kCloud;
  if (sent.error().code != Code::kDeadlineExceeded) co_return std::move(sent).error();
  co_return Error{Code::kDeadlineExceeded,
                  "the cloud has not acknowledged the message within " +
                      format_duration(kCloudLimit) +
                      "; it stays in the outbox and is sent when the cloud is there: do not "
                      "publish it again"};
}

Task<Reached> CloudOutlet::publish(Ctx ctx, pubsub::Bus* bus, TwofoldPublication message,
                                   Durability least) const {
  Reached kept = Durability::kMemory;
  if (least != Durability::kCloud) {
    kept = co_await keep(ctx, std::move(message.cloud));
    if (!kept) co_return kept;
  }
  auto local = co_await bus->publish(ctx, std::move(message.local));
  if (!local) {
    const char* where = least == Durability::kCloud
                            ? "the message is not delivered on this hub, and not kept for the cloud"
                            : "the message is kept for the cloud, and not delivered on this hub";
    co_return Error{Code::kInternal, local.error().within(where).message};
  }
  if (least == Durability::kCloud) co_return co_await send(ctx, std::move(message.cloud));
  co_return std::max(*local, *kept);
}

}  // namespace edge::blocks
