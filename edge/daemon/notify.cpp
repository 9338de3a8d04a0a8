#include "edge/daemon/notify.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

ServiceManager::ServiceManager() : address_(from_environment("NOTIFY_SOCKET")) {
  const auto period = parse_unsigned(from_environment("WATCHDOG_USEC"));
  const auto pid = from_environment("WATCHDOG_PID");
  if (!period || *period == 0) return;
  if (!pid.empty() && pid != std::to_string(::getpid())) return;
  watchdog_ = std::chrono::microseconds(*period);
}

void ServiceManager::tell(std::string_view state) const {
  sockaddr_un address{};
  if (address_.empty() || address_.size() >= sizeof address.sun_path) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
           size);
  ::close(fd);
}

Task<void> feed_watchdog(Loop* loop, Ctx ctx, const ServiceManager* manager) {
  const auto period = manager->watchdog();
  if (!period) co_return;
  while (true) {
    manager->tell("WATCHDOG=1");
    auto slept = co_await sleep_for(*loop, ctx, *period / 2);
    if (!slept) co_return;
  }
}

}  // namespace edge::daemon
