// An instance of an app of this hub as the blocks see it: who it is, whether it is well, how to
// call it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "edge/blocks/invoke/channel.h"
#include "edge/loop/sync.h"
#include "edge/observe/meters.h"
#include "edge/policy/lanes/lane_id.h"

namespace edge::blocks {

// Of an app whose health is watched; one that is not watched counts as healthy.
enum class AppHealth : std::uint8_t { kHealthy, kUnhealthy };

// How an app is called.
enum class AppProtocol : std::uint8_t { kHttp, kGrpc };

struct AppSettings {
  std::string id;
  std::string name_space = "default";
  std::string key_namespace;  // in state keys; "" where no namespace was given
  policy::LaneId lane;
  AppProtocol protocol = AppProtocol::kHttp;
  std::string hub;                  // the other hub that it runs at; "" this one
  std::size_t max_concurrency = 0;  // calls at a time; 0: no limit
};

// Lives as long as the hub's other blocks. All on the loop.
class App {
 public:
  // `channel` may be null: an app that calls and is not called.
  App(Loop& loop, AppSettings settings, std::unique_ptr<Channel> channel);

  [[nodiscard]] const std::string& id() const noexcept { return settings_.id; }
  // What tells it from the app's instances in other lanes: "lamp", "lamp@gray".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] policy::LaneId lane() const noexcept { return settings_.lane; }
  [[nodiscard]] const AppSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] bool speaks_grpc() const noexcept {
    return settings_.protocol == AppProtocol::kGrpc;
  }
  [[nodiscard]] bool callable() const noexcept { return channel_ != nullptr; }
  [[nodiscard]] AppHealth health() const noexcept { return health_; }
  void set_health(AppHealth health) noexcept { health_ = health; }
  // Whether the app has answered on its port since the hub started; one without a port has.
  [[nodiscard]] bool started() const noexcept { return started_; }
  void set_started() noexcept { started_ = true; }
  // Whether calls of its lane go to it, rather than to the baseline's instance.
  [[nodiscard]] bool serves() const noexcept {
    return callable() && started_ && health_ == AppHealth::kHealthy;
  }

  // The next instance of the same app; null after the last. The baseline's is the first.
  [[nodiscard]] App* next_instance() const noexcept { return next_instance_; }

  // Where its exchanges are counted; null where nobody counts. Shared by who may outlive the app.
  [[nodiscard]] observe::AppMeter* meter() const noexcept { return meter_.get(); }
  [[nodiscard]] const std::shared_ptr<observe::AppMeter>& shared_meter() const noexcept {
    return meter_;
  }
  void count_in(std::shared_ptr<observe::AppMeter> meter) noexcept { meter_ = std::move(meter); }

  // What tools note about the app, shown in its metadata.
  [[nodiscard]] const std::map<std::string, std::string>& notes() const noexcept { return notes_; }
  // At most 64 notes, of a name of 256 bytes and a value of 4 KiB. Errors: kInvalidArgument for a
  // longer one, kResourceExhausted for one too many.
  Status note(std::string name, std::string value);

  // Calls the app, one of at most max_concurrency at a time; `call` holds the place until it goes
  // away, or is made again. Legal where callable(). Errors: those of Channel::call;
  // kFailedPrecondition "app is not in a healthy state".
  Task<Result<std::unique_ptr<Reply>>> call(Ctx ctx, Call* call);
  // The same whatever its health: what the app is told may be what makes it healthy.
  Task<Result<std::unique_ptr<Reply>>> tell(Ctx ctx, Call* call);

 private:
  Task<Result<std::unique_ptr<Reply>>> wait_and_call(Ctx ctx, Call* call);

  friend class AppTable;

  AppSettings settings_;
  std::string name_;
  App* next_instance_ = nullptr;
  std::unique_ptr<Channel> channel_;
  std::optional<Semaphore> places_;
  AppHealth health_ = AppHealth::kHealthy;
  bool started_ = false;
  std::shared_ptr<observe::AppMeter> meter_;
  std::map<std::string, std::string> notes_;
};

}  // namespace edge::blocks
