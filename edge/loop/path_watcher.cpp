#include "edge/loop/path_watcher.h"

#include <utility>

namespace edge {

void PathWatcher::Closer::operator()(uv_fs_event_t* handle) const noexcept {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) noexcept { delete reinterpret_cast<uv_fs_event_t*>(closed); });
}

PathWatcher::PathWatcher(UvLoop& loop, const std::vector<std::string>& paths) : waiter_(loop) {
  const auto on_change = [](uv_fs_event_t* handle, const char*, int, int) noexcept {
    auto* self = static_cast<PathWatcher*>(handle->data);
    self->changed_ = true;
    self->waiter_.wake();
  };
  for (const std::string& path : paths) {
    std::unique_ptr<uv_fs_event_t, Closer> handle(new uv_fs_event_t{});
    uv_fs_event_init(loop.uv(), handle.get());
    handle->data = this;
    if (uv_fs_event_start(handle.get(), on_change, path.c_str(), 0) == 0) {
      handles_.push_back(std::move(handle));
    }
  }
}

PathWatcher::~PathWatcher() = default;

Task<Status> PathWatcher::next(Ctx ctx) {
  ParkAwaiter awaiter{waiter_, ctx, changed_};
  co_await awaiter;
  if (!std::exchange(changed_, false)) co_return ctx.error();
  co_return Status();
}

}  // namespace edge
