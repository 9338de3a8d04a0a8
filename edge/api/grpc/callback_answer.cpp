#include "edge/api/grpc/callback_answer.h"

#include "edge/api/grpc/event_message.h"

namespace edge::api {
namespace {

using blocks::Outcome;
using blocks::Verdict;

constexpr std::size_t kMaxSubscriptions = 1000;

// As TopicEventResponseStatus numbers them.
constexpr std::int32_t kSuccess = 0;
constexpr std::int32_t kRetry = 1;
constexpr std::int32_t kDrop = 2;

Outcome outcome_of(std::int32_t status) {
  if (status == kSuccess) return {Verdict::kDone, "", 0};
  if (status == kDrop) return {Verdict::kDrop, "the app answered DROP", 0};
  if (status == kRetry) return {Verdict::kRetry, "the app answered RETRY", 0};
  return {Verdict::kRetry, "the app answered an unknown status " + std::to_string(status), 0};
}

// What no answer means. Source: wire reference §3.10.
Outcome outcome_of(const Error& error) {
  if (error.code == Code::kUnimplemented) return {Verdict::kDone, "", 0};
  return {Verdict::kRetry,
          "the app answered " + std::string(code_name(error.code)) + ": " + error.message, 0};
}

blocks::SubscriptionText text_of(rpc::TopicSubscription from) {
  blocks::SubscriptionText text;
  text.pubsub = std::move(from.pubsub_name);
  text.topic = std::move(from.topic);
  text.metadata = std::move(from.metadata);
  text.dead_letter_topic = std::move(from.dead_letter_topic);
  text.origin = blocks::Origin::kProgrammatic;
  for (rpc::TopicRule& rule : from.routes.rules) {
    text.rules.push_back({std::move(rule.match), std::move(rule.path)});
  }
  std::string& path = from.routes.default_path;
  if (!path.empty() || text.rules.empty()) text.default_path = std::move(path);
  text.bulk.enabled = from.bulk.enabled;
  // What is not over 0 stands for the default.
  if (from.bulk.max_messages > 0) {
    text.bulk.max_messages = static_cast<std::size_t>(from.bulk.max_messages);
  }
  if (from.bulk.max_await_ms > 0) {
    text.bulk.max_await = std::chrono::milliseconds(from.bulk.max_await_ms);
  }
  return text;
}

rpc::BulkCloudEvent event_of(rpc::TopicEventRequest from) {
  return {std::move(from.id),
          std::move(from.source),
          std::move(from.type),
          std::move(from.spec_version),
          std::move(from.data_content_type),
          std::move(from.data),
          std::move(from.extensions)};
}

rpc::TopicEventBulkRequestEntry entry_of(const blocks::BulkEventCall& call,
                                         const blocks::BulkEventEntry& from) {
  rpc::TopicEventBulkRequestEntry entry;
  entry.entry_id = from.entry_id;
  entry.metadata = *from.metadata;
  if (call.raw) {
    entry.bytes = from.body;
    entry.content_type = "application/octet-stream";
    return entry;
  }
  blocks::EventCall one;
  one.body = from.body;
  entry.content_type = "application/cloudevents+json";
  if (auto event = event_message(one)) entry.event = event_of(std::move(*event));
  return entry;
}

}  // namespace

Result<std::vector<blocks::TopicSubscription>> subscriptions_in(std::string_view message) {
  rpc::ListTopicSubscriptionsResponse response;
  if (const Status parsed = protobuf::parse(message, response); !parsed) return parsed.error();
  if (response.subscriptions.size() > kMaxSubscriptions) {
    return Error{Code::kInvalidArgument, "there are more than 1000 subscriptions"};
  }
  std::vector<blocks::TopicSubscription> list;
  for (rpc::TopicSubscription& one : response.subscriptions) {
    auto built = blocks::TopicSubscription::build(text_of(std::move(one)));
    if (!built) return built.error().within("subscription " + std::to_string(list.size() + 1));
    list.push_back(std::move(*built));
  }
  return list;
}

std::string bulk_event_message(const blocks::BulkEventCall& call) {
  rpc::TopicEventBulkRequest request;
  request.id = call.id;
  request.metadata = {{"pubsubName", std::string(call.pubsub)}};
  request.topic = call.topic;
  request.pubsub_name = call.pubsub;
  request.type = "com.dapr.event.sent.bulk";
  request.path = call.path;
  for (const blocks::BulkEventEntry& entry : call.entries) {
    request.entries.push_back(entry_of(call, entry));
  }
  return protobuf::print(request);
}

Outcome event_outcome(const Result<std::string>& answer) {
  if (!answer) return outcome_of(answer.error());
  rpc::TopicEventResponse response;
  const Status parsed = protobuf::parse(*answer, response);
  return parsed ? outcome_of(response.status) : outcome_of(parsed.error());
}

std::vector<Outcome> bulk_outcomes(const blocks::BulkEventCall& call,
                                   const Result<std::string>& answer) {
  const std::size_t count = call.entries.size();
  if (!answer) return {count, outcome_of(answer.error())};
  rpc::TopicEventBulkResponse response;
  const Status parsed = protobuf::parse(*answer, response);
  if (!parsed) return {count, outcome_of(parsed.error())};
  std::map<std::string_view, std::int32_t> told;
  for (const rpc::TopicEventBulkResponseEntry& one : response.statuses) {
    told[one.entry_id] = one.status;
  }
  std::vector<Outcome> outcomes;
  for (const blocks::BulkEventEntry& entry : call.entries) {
    const auto status = told.find(entry.entry_id);
    outcomes.push_back(status == told.end()
                           ? Outcome{Verdict::kRetry, "the app gave no status for it", 0}
                           : outcome_of(status->second));
  }
  return outcomes;
}

}  // namespace edge::api
