#include "edge/api/grpc/rpc_subscriber.h"

#include <algorithm>
#include <array>
#include <deque>

#include "edge/api/grpc/callback_answer.h"
#include "edge/api/grpc/event_message.h"
#include "edge/base/strings.h"
#include "edge/net/grpc/metadata.h"
#include "edge/net/grpc/status.h"

namespace edge::api {
namespace {

using blocks::BulkEventCall;
using blocks::EventCall;
using blocks::Outcome;

constexpr std::string_view kList = "/dapr.proto.runtime.v1.AppCallback/ListTopicSubscriptions";
constexpr std::string_view kEvent = "/dapr.proto.runtime.v1.AppCallback/OnTopicEvent";
constexpr std::string_view kBulk = "/dapr.proto.runtime.v1.AppCallback/OnBulkTopicEvent";
constexpr std::string_view kBulkAlpha =
    "/dapr.proto.runtime.v1.AppCallbackAlpha/OnBulkTopicEventAlpha1";

constexpr std::size_t kMaxAnswer = 1 << 20;

// What a message's metadata must not say about the call that carries it.
constexpr auto kOwnFields = std::to_array<std::string_view>(
    {"content-type", "te", "user-agent", "traceparent", "tracestate", "dapr-api-token"});

// The metadata of a call; owns the names that it makes.
class EventFields {
 public:
  explicit EventFields(const blocks::LaneHeaders* lane) : lane_(lane) {
    grpc::add_call_fields(list_);
    if (lane == nullptr) return;
    for (const Header& header : lane->list()) add(to_lower(header.name), header.value);
  }

  // The hub alone says which lane a message is in.
  void add_from(const pubsub::Metadata& metadata) {
    for (const auto& [name, value] : metadata) {
      std::string lower = to_lower(name);
      const bool is_lane = lane_ != nullptr && (lane_->replace(name) || lower == "lane");
      const bool is_own = std::ranges::find(kOwnFields, lower) != kOwnFields.end();
      if (is_lane || is_own || lower.starts_with("grpc-") || lower.ends_with("-bin")) continue;
      add(std::move(lower), value);
    }
  }
  void add_trace(const Trace* trace) {
    if (trace == nullptr) return;
    if (!trace->traceparent.empty()) add("traceparent", trace->traceparent);
    if (!trace->tracestate.empty()) add("tracestate", trace->tracestate);
  }
  void add(std::string name, std::string_view value) {
    if (grpc::may_be_metadata(name, value)) list_.add(names_.emplace_back(std::move(name)), value);
  }
  [[nodiscard]] const HeaderList* list() const noexcept { return &list_; }

 private:
  const blocks::LaneHeaders* lane_;
  std::deque<std::string> names_;
  HeaderList list_;
};

}  // namespace

Task<Result<std::string>> RpcSubscriber::ask(Ctx ctx, std::string_view path,
                                             const HeaderList* fields, std::string_view message) {
  const std::string framed = grpc::framed(message);
  TextSource body(framed);
  blocks::Call call;
  call.form = blocks::CallForm::kRpc;
  call.path = path;
  call.headers = fields;
  call.body = &body;
  call.target = app_.id();
  auto reply = co_await app_.call(ctx, &call);
  if (!reply) co_return reply.error();
  const int http = (*reply)->status();
  auto answer = co_await grpc::read_answer(ctx, &(*reply)->body(), kMaxAnswer);
  const blocks::RpcEnding* ending = (*reply)->ending();
  if (http != 0 && http != 200) {
    answer = grpc::read_status((*reply)->headers(), http).error();
  } else if (answer && ending != nullptr && !ending->status) {
    answer = ending->status.error();
  }
  co_await (*reply)->close();
  co_return answer;
}

Task<Result<std::vector<blocks::TopicSubscription>>> RpcSubscriber::list(Ctx ctx) {
  const EventFields fields(nullptr);
  auto answer = co_await ask(ctx, kList, fields.list(), "");
  if (!answer && answer.error().code == Code::kUnimplemented) {
    co_return std::vector<blocks::TopicSubscription>();
  }
  if (!answer) co_return answer.error();
  auto list = subscriptions_in(*answer);
  if (!list) co_return list.error().within("ListTopicSubscriptions");
  co_return list;
}

Task<Outcome> RpcSubscriber::deliver(Ctx ctx, const EventCall* call) {
  auto event = event_message(*call);
  if (!event) co_return Outcome{blocks::Verdict::kRetry, event.error().message, 0};
  const std::string message = protobuf::print(*event);
  EventFields fields(call->lane);
  fields.add("pubsubname", call->pubsub);
  fields.add_trace(ctx.trace());
  fields.add_from(*call->metadata);
  auto answer = co_await ask(ctx, kEvent, fields.list(), message);
  co_return event_outcome(answer);
}

Task<Result<std::string>> RpcSubscriber::ask_in_bulk(Ctx ctx, const HeaderList* fields,
                                                     std::string_view message) {
  if (bulk_method_ == BulkMethod::kStable) {
    auto answer = co_await ask(ctx, kBulk, fields, message);
    if (answer || answer.error().code != Code::kUnimplemented) co_return answer;
  }
  auto answer = co_await ask(ctx, kBulkAlpha, fields, message);
  if (answer) bulk_method_ = BulkMethod::kAlpha;
  co_return answer;
}

Task<std::vector<Outcome>> RpcSubscriber::deliver_all(Ctx ctx, const BulkEventCall* call) {
  const std::string message = bulk_event_message(*call);
  EventFields fields(call->lane);
  fields.add("pubsubname", call->pubsub);
  auto answer = co_await ask_in_bulk(ctx, fields.list(), message);
  co_return bulk_outcomes(*call, answer);
}

}  // namespace edge::api
