#include "edge/blocks/apps/app.h"

#include <utility>

namespace edge::blocks {
namespace {

std::string instance_name(const AppSettings& settings) {
  if (settings.lane.is_base()) return settings.id;
  return settings.id + "@" + std::string(settings.lane.view());
}

Task<Result<std::unique_ptr<Reply>>> refuse() {
  co_return Error{Code::kFailedPrecondition, "app is not in a healthy state"};
}

}  // namespace

App::App(Loop& loop, AppSettings settings, std::unique_ptr<Channel> channel)
    : settings_(std::move(settings)),
      name_(instance_name(settings_)),
      channel_(std::move(channel)),
      started_(channel_ == nullptr) {
  if (settings_.max_concurrency > 0) places_.emplace(loop, settings_.max_concurrency);
}

Task<Result<std::unique_ptr<Reply>>> App::call(Ctx ctx, Call* call) {
  if (health_ == AppHealth::kHealthy) return tell(ctx, call);
  call->place.release();
  return refuse();
}

Task<Result<std::unique_ptr<Reply>>> App::tell(Ctx ctx, Call* call) {
  call->place.release();
  if (places_ && !places_->try_acquire()) return wait_and_call(ctx, call);
  if (places_) call->place = Permit(*places_);
  return channel_->call(ctx, call);
}

Task<Result<std::unique_ptr<Reply>>> App::wait_and_call(Ctx ctx, Call* call) {
  auto place = co_await places_->acquire(ctx);
  if (!place) co_return place.error();
  call->place = Permit(*places_);
  co_return co_await channel_->call(ctx, call);
}

}  // namespace edge::blocks
