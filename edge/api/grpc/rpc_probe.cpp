#include "edge/api/grpc/rpc_probe.h"

#include "edge/net/grpc/client.h"

namespace edge::api {
namespace {

constexpr std::string_view kPath = "/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck";
constexpr std::size_t kMaxAnswer = 4096;

Task<Status> exchange(Ctx ctx, RpcChannel* channel, const http2::RequestHead* head) {
  grpc::ClientCall call(channel->client(), *head);
  auto opened = co_await call.open(ctx);
  if (!opened) co_return opened;
  auto answer = co_await call.exchange(ctx, "", kMaxAnswer);
  co_return answer.ending.status;
}

}  // namespace

Task<Status> RpcProbe::probe(Ctx ctx) {
  HeaderList fields;
  grpc::add_call_fields(fields);
  http2::RequestHead head;
  head.authority = channel_->authority();
  head.path = kPath;
  head.fields = &fields;
  const TimePoint began = channel_->clock().now();
  auto status = co_await exchange(ctx, channel_.get(), &head);
  observe::AppMeter* meter = channel_->meter();
  if (meter != nullptr) meter->probed(status, channel_->clock().now() - began);
  co_return status;
}

}  // namespace edge::api
