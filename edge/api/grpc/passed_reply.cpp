#include "edge/api/grpc/passed_reply.h"

namespace edge::api {

Task<Status> PassedReply::begin(Ctx ctx, ByteSource* body) {
  if (body->length()) {
    const std::string bytes(body->take_ready());
    counted_->carried(bytes.size(), 0);
    co_return co_await call_->send(ctx, bytes);
  }
  sending_.spawn(send(sending_.ctx(), body));
  co_return co_await call_->stream().wait_head(ctx);
}

// The end of a stream that failed is told to whoever reads the answer.
Task<void> PassedReply::send(Ctx ctx, ByteSource* body) {
  http2::Stream& stream = call_->stream();
  while (!body->finished()) {
    auto piece = co_await body->read(ctx);
    if (!piece) {
      stream.reset(http2::Reason::kCancel);
      co_return;
    }
    if (piece->empty()) break;
    auto sent = co_await stream.write(ctx, *piece);
    if (!sent) co_return;
  }
  auto ended = co_await stream.end(ctx, "");
  static_cast<void>(ended);
}

int PassedReply::status() const noexcept {
  return call_->stream().head().status;
}

const HeaderList& PassedReply::headers() const noexcept {
  return call_->stream().head().headers;
}

const blocks::RpcEnding* PassedReply::ending() noexcept {
  if (!body().finished()) return nullptr;
  grpc::Ending end = grpc::ending_of(call_->stream());
  ending_.status = std::move(end.status);
  ending_.details = std::move(end.details);
  ending_.trailers = end.trailers;
  counted_->ended(ending_.status);
  return &ending_;
}

}  // namespace edge::api
