#include "edge/api/http/http_subscriber.h"

#include <algorithm>
#include <array>

#include "edge/api/http/event_answer.h"
#include "edge/api/http/subscription_list.h"
#include "edge/base/strings.h"
#include "edge/blocks/pubsub/json_scan.h"
#include "edge/net/http1/text.h"

namespace edge::api {
namespace {

using blocks::BulkEventCall;
using blocks::EventCall;
using blocks::Outcome;
using blocks::Verdict;

constexpr std::uint64_t kMaxAnswer = 1 << 20;

// What a message's metadata must not say about the request that carries it.
constexpr auto kOwnHeaders =
    std::to_array<std::string_view>({"content-type", "content-encoding", "pubsubname",
                                     "traceparent", "tracestate", "accept-encoding"});

bool may_be_header(std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), http1::is_token)) return false;
  const auto same = [name](std::string_view own) { return equals_ignoring_case(own, name); };
  if (std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(), same)) return false;
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
  });
}

// The hub alone says which lane a message is in.
void add_metadata(HeaderList& headers, const pubsub::Metadata& metadata,
                  const blocks::LaneHeaders* lane) {
  for (const auto& [name, value] : metadata) {
    const bool is_lane = lane != nullptr && (lane->replace(name) || name == "lane");
    if (!is_lane && may_be_header(name, value)) headers.add(name, value);
  }
}

void add_lane(HeaderList& headers, const blocks::LaneHeaders* lane) {
  if (lane == nullptr) return;
  for (const Header& header : lane->list()) headers.add(header.name, header.value);
}

void add_trace(HeaderList& headers, const Trace* trace) {
  if (trace == nullptr) return;
  if (may_be_header("x", trace->traceparent)) headers.add("traceparent", trace->traceparent);
  if (may_be_header("x", trace->tracestate)) headers.add("tracestate", trace->tracestate);
}

// A route as a request path: what must not stand there is escaped, escapes stay.
std::string request_path(std::string_view route) {
  std::string path = route.starts_with('/') ? "" : "/";
  for (const char c : route) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '#') {
      path.push_back(c);
    } else {
      path.append("%").append(hex_encode({&c, 1}));
    }
  }
  return path;
}

void append_metadata(std::string& json, const pubsub::Metadata& metadata) {
  json.append("\"metadata\":{");
  for (const auto& [name, value] : metadata) {
    if (json.back() != '{') json.push_back(',');
    blocks::append_json_string(json, name);
    json.push_back(':');
    blocks::append_json_string(json, value);
  }
  json.push_back('}');
}

void append_entry(std::string& json, const BulkEventCall& call,
                  const blocks::BulkEventEntry& entry) {
  json.append("{\"entryId\":");
  blocks::append_json_string(json, entry.entry_id);
  json.append(",\"event\":");
  if (call.raw) {
    blocks::append_json_string(json, base64_encode(entry.body));
  } else {
    json.append(entry.body);
  }
  json.push_back(',');
  append_metadata(json, *entry.metadata);
  json.append(",\"contentType\":\"")
      .append(call.raw ? "application/octet-stream" : "application/cloudevents+json")
      .append("\"}");
}

}  // namespace

std::string bulk_event_body(const BulkEventCall& call) {
  std::string json = "{\"id\":";
  blocks::append_json_string(json, call.id);
  json.append(",\"type\":\"com.dapr.event.sent.bulk\",\"topic\":");
  blocks::append_json_string(json, call.topic);
  json.append(",\"pubsubname\":");
  blocks::append_json_string(json, call.pubsub);
  json.push_back(',');
  append_metadata(json, {{"pubsubName", std::string(call.pubsub)}});
  json.append(",\"entries\":[");
  for (const blocks::BulkEventEntry& entry : call.entries) {
    if (json.back() != '[') json.push_back(',');
    append_entry(json, call, entry);
  }
  return json.append("]}");
}

Task<Result<HttpSubscriber::Answer>> HttpSubscriber::exchange(Ctx ctx, blocks::Call* call) {
  auto reply = co_await app_.call(ctx, call);
  if (!reply) co_return reply.error();
  Answer answer;
  answer.status = (*reply)->status();
  auto body = co_await read_all(ctx, &(*reply)->body(), kMaxAnswer);
  co_await (*reply)->close();
  if (!body && body.error().code != Code::kResourceExhausted) co_return body.error();
  if (body) answer.body = std::move(*body);
  co_return answer;
}

Task<Result<HttpSubscriber::Answer>> HttpSubscriber::post(Ctx ctx, std::string_view path,
                                                          const HeaderList* headers,
                                                          std::string_view body) {
  const std::string whole = request_path(path);
  const std::size_t question = whole.find('?');
  TextSource source(body);
  blocks::Call call;
  call.verb = "POST";
  call.path = whole.substr(0, question);
  if (question != std::string::npos) call.query = std::string_view(whole).substr(question + 1);
  call.headers = headers;
  call.body = &source;
  call.target = app_.id();
  co_return co_await exchange(ctx, &call);
}

Task<Result<std::vector<blocks::TopicSubscription>>> HttpSubscriber::list(Ctx ctx) {
  HeaderList headers;
  headers.add("Content-Type", "application/json");
  HeaderList own;
  own.add("dapr-app-id", app_.id());
  TextSource nothing("");
  blocks::Call call;
  call.verb = "GET";
  call.path = "/dapr/subscribe";
  call.headers = &headers;
  call.own_headers = &own;
  call.body = &nothing;
  call.target = app_.id();
  auto answer = co_await exchange(ctx, &call);
  if (!answer) co_return Error{Code::kUnavailable, answer.error().message};
  if (answer->status == 404) co_return std::vector<blocks::TopicSubscription>();
  if (answer->status != 200) {
    co_return Error{Code::kUnknown, "GET /dapr/subscribe answered " +
                                        std::to_string(answer->status) +
                                        "; it answers 200 with a list, or 404"};
  }
  auto list = parse_subscription_list(app_.id(), answer->body);
  if (!list) co_return list.error().within("GET /dapr/subscribe");
  co_return list;
}

Task<Outcome> HttpSubscriber::deliver(Ctx ctx, const EventCall* call) {
  HeaderList headers;
  headers.add("Content-Type", "application/cloudevents+json");
  headers.add("pubsubName", call->pubsub);
  add_trace(headers, ctx.trace());
  add_metadata(headers, *call->metadata, call->lane);
  add_lane(headers, call->lane);
  auto answer = co_await post(ctx, call->path, &headers, call->body);
  if (!answer) co_return Outcome{Verdict::kRetry, answer.error().message, 0};
  co_return outcome_of(answer->status, answer->body);
}

Task<std::vector<Outcome>> HttpSubscriber::deliver_all(Ctx ctx, const BulkEventCall* call) {
  HeaderList headers;
  headers.add("Content-Type", "application/json");
  headers.add("pubsubName", call->pubsub);
  add_lane(headers, call->lane);
  const std::string body = bulk_event_body(*call);
  auto answer = co_await post(ctx, call->path, &headers, body);
  if (!answer) {
    const Outcome failed{Verdict::kRetry, answer.error().message, 0};
    co_return std::vector<Outcome>(call->entries.size(), failed);
  }
  std::vector<std::string_view> ids;
  for (const blocks::BulkEventEntry& entry : call->entries) ids.push_back(entry.entry_id);
  co_return outcomes_of(answer->status, answer->body, ids);
}

}  // namespace edge::api
