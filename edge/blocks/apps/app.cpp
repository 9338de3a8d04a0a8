#include "edge/blocks/apps/app.h"

#include <utility>

namespace edge::blocks {
namespace {

constexpr std::size_t kMostNotes = 64;
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestValue = 4096;

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

Status App::note(std::string name, std::string value) {
  if (name.size() > kLongestName) {
    return Error{Code::kInvalidArgument, "the name of app metadata has at most 256 bytes"};
  }
  if (value.size() > kLongestValue) {
    return Error{Code::kInvalidArgument, "the value of app metadata has at most 4096 bytes"};
  }
  if (notes_.size() == kMostNotes && !notes_.contains(name)) {
    return Error{Code::kResourceExhausted, "an app has at most 64 metadata entries"};
  }
  notes_[std::move(name)] = std::move(value);
  return {};
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
