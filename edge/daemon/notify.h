// Tells the service manager how the hub is doing. Source: sd_notify(3); no libsystemd is needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/base/time.h"
#include "edge/loop/loop.h"

namespace edge::daemon {

// Does nothing where no service manager listens (NOTIFY_SOCKET is not set).
class ServiceManager {
 public:
  ServiceManager();

  // "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...".
  void tell(std::string_view state) const;

  // For work that takes long at a start or stop, again before a minute is over. Thread-safe.
  void ask_for_time() const { tell("EXTEND_TIMEOUT_USEC=60000000"); }

  // How often it wants to hear that the hub is alive; nothing where it does not.
  [[nodiscard]] std::optional<Duration> watchdog() const noexcept { return watchdog_; }

 private:
  std::string address_;
  std::optional<Duration> watchdog_;
};

// Says "alive" from the loop, twice in each watchdog period: a loop that hangs says nothing.
Task<void> feed_watchdog(Loop* loop, Ctx ctx, const ServiceManager* manager);

}  // namespace edge::daemon
