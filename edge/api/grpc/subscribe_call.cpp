// SubscribeTopicEventsAlpha1: a topic as a stream. Source: wire reference §3.12.
#include "edge/api/grpc/event_stream.h"
#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/pubsub_messages.h"
#include "edge/api/topics.h"
#include "edge/blocks/pubsub/publish_errors.h"
#include "edge/blocks/pubsub/topic_consumer.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::Verdict;

std::unexpected<ApiError> refused(std::string message, Code code = Code::kUnknown) {
  return std::unexpected(ApiError{.grpc = code, .message = std::move(message)});
}

// Ends reading when the bus goes or the hub stops.
class Watch final : private blocks::BusWatcher {
 public:
  Watch(Ctx ctx, blocks::PubsubBlock& block, const blocks::BusHold& bus)
      : block_(block), bus_(bus), scope_(ctx) {
    block_.watch(this);
    buses_changed();
  }
  ~Watch() override { block_.unwatch(this); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  [[nodiscard]] Ctx ctx() noexcept { return scope_.ctx(); }
  [[nodiscard]] bool is_over() const { return block_.taps_ended() || bus_.is_leaving(); }

 private:
  void buses_changed() override {
    if (is_over()) scope_.cancel();
  }

  blocks::PubsubBlock& block_;
  const blocks::BusHold& bus_;
  CancelScope scope_;
};

Verdict verdict_of(std::int32_t status) {
  constexpr std::int32_t kSuccess = 0;
  constexpr std::int32_t kDrop = 2;
  if (status == kSuccess) return Verdict::kDone;
  return status == kDrop ? Verdict::kDrop : Verdict::kRetry;
}

Task<ApiResult<std::optional<rpc::FromSubscriber>>> next(Ctx ctx, Rpc* rpc) {
  auto message = co_await rpc->call.read(ctx);
  if (!message) co_return refused(message.error().message, message.error().code);
  if (!*message) co_return std::optional<rpc::FromSubscriber>();
  rpc->received(**message);
  auto request = request_of<rpc::FromSubscriber>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  co_return std::optional(std::move(*request));
}

ApiResult<blocks::TopicSubscription> subscription_of(rpc::StreamRequest wanted) {
  if (wanted.pubsub_name.empty()) return refused("pubsubName is required");
  if (wanted.topic.empty()) return refused("topic is required");
  blocks::SubscriptionText text;
  text.pubsub = std::move(wanted.pubsub_name);
  text.topic = std::move(wanted.topic);
  text.default_path = "/";
  text.metadata = std::move(wanted.metadata);
  text.dead_letter_topic = std::move(wanted.dead_letter_topic);
  text.origin = blocks::Origin::kStreaming;
  auto built = blocks::TopicSubscription::build(std::move(text));
  if (!built) return refused(built.error().message, Code::kInvalidArgument);
  return std::move(*built);
}

ApiResult<blocks::BusHold> bus_of(const Rpc& rpc, const blocks::TopicSubscription& wanted) {
  blocks::BusHold bus = rpc.services.pubsub.hold(*rpc.app, wanted.pubsub());
  if (!bus) return std::unexpected(blocks::errors::not_found(wanted.pubsub(), {}));
  const blocks::TopicScopes& scopes = bus.component().topics;
  if (!scopes.allows(rpc.app->id(), wanted.topic(), blocks::TopicUse::kSubscribe)) {
    return refused("subscription to topic '" + wanted.topic() + "' on pubsub '" + wanted.pubsub() +
                       "' is not allowed",
                   Code::kPermissionDenied);
  }
  return bus;
}

// What the client says of its events, until it ends the stream.
Task<RpcAnswer> read_verdicts(Ctx ctx, Rpc* rpc, EventStream* stream) {
  while (true) {
    auto said = co_await next(ctx, rpc);
    if (!said) co_return std::unexpected(std::move(said.error()));
    if (!*said) co_return RpcAnswer("");
    const auto& processed = (*said)->processed;
    if (!processed) co_return refused("duplicate initial request received");
    stream->processed(processed->id, verdict_of(processed->status.status));
  }
}

Task<RpcAnswer> serve(Ctx ctx, Rpc* rpc, EventStream* stream) {
  std::string initial = answer_of(rpc::ToSubscriber{rpc::Nothing(), {}});
  auto begun = co_await stream->begin(ctx, std::move(initial));
  if (!begun) co_return refused(begun.error().message, begun.error().code);
  co_return co_await read_verdicts(ctx, rpc, stream);
}

}  // namespace

Task<RpcAnswer> rpc_subscribe_topic(Ctx ctx, Rpc* rpc) {
  auto first = co_await next(ctx, rpc);
  if (!first) co_return std::unexpected(std::move(first.error()));
  if (!*first || !(*first)->initial) co_return refused("initial request is required");
  auto wanted = subscription_of(std::move(*(*first)->initial));
  if (!wanted) co_return std::unexpected(std::move(wanted.error()));
  auto bus = bus_of(*rpc, *wanted);
  if (!bus) co_return std::unexpected(std::move(bus.error()));
  const blocks::BusHold watched = rpc->services.pubsub.hold(*rpc->app, wanted->pubsub());
  Watch watch(ctx, rpc->services.pubsub, watched);
  EventStream stream(*rpc);
  CancelScope deliveries(ctx);
  const blocks::ConsumerOwner owner{rpc->services.loop, *rpc->app, stream, deliveries,
                                    &rpc->services.pubsub};
  blocks::TopicConsumer consumer(owner, std::move(*bus), std::move(*wanted));
  auto opened = co_await consumer.open(watch.ctx());
  if (!opened) co_return refused(opened.error().message, opened.error().code);
  const ListedStream listed(rpc->services, {rpc->app, &consumer.subscription()});
  auto answer = co_await serve(watch.ctx(), rpc, &stream);
  stream.end();
  deliveries.cancel();
  co_await consumer.close();
  if (watch.is_over()) co_return refused("stream closed", Code::kUnavailable);
  co_return answer;
}

}  // namespace edge::api
