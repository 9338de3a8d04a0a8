#include "edge/blocks/apps/app.h"

#include <utility>

namespace edge::blocks {
namespace {

// A reply that gives its place back when it is closed.
class PlacedReply final : public Reply {
 public:
  PlacedReply(std::unique_ptr<Reply> reply, Semaphore& places)
      : reply_(std::move(reply)), places_(places) {}

  [[nodiscard]] int status() const noexcept override { return reply_->status(); }
  [[nodiscard]] const HeaderList& headers() const noexcept override { return reply_->headers(); }
  [[nodiscard]] ByteSource& body() noexcept override { return reply_->body(); }
  Task<void> close() override {
    co_await reply_->close();
    places_.release();
  }

 private:
  std::unique_ptr<Reply> reply_;
  Semaphore& places_;
};

Task<Result<std::unique_ptr<Reply>>> refuse() {
  co_return Error{Code::kFailedPrecondition, "app is not in a healthy state"};
}

}  // namespace

App::App(Loop& loop, AppSettings settings, std::unique_ptr<Channel> channel)
    : settings_(std::move(settings)), channel_(std::move(channel)), started_(channel_ == nullptr) {
  if (settings_.max_concurrency > 0) places_.emplace(loop, settings_.max_concurrency);
}

Task<Result<std::unique_ptr<Reply>>> App::call(Ctx ctx, const Call* call) {
  if (health_ == AppHealth::kUnhealthy) return refuse();
  return places_ ? call_in_place(ctx, call) : channel_->call(ctx, call);
}

Task<Result<std::unique_ptr<Reply>>> App::call_in_place(Ctx ctx, const Call* call) {
  auto place = co_await places_->acquire(ctx);
  if (!place) co_return place.error();
  auto reply = co_await channel_->call(ctx, call);
  if (!reply) {
    places_->release();
    co_return reply.error();
  }
  co_return std::make_unique<PlacedReply>(std::move(*reply), *places_);
}

}  // namespace edge::blocks
