#include "edge/daemon/clock_file.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/net/tls/clock_floor.h"

namespace edge::daemon {
namespace {

constexpr mode_t kMode = 0600;

}  // namespace

ClockFile::ClockFile(Loop& loop, const std::string& data_dir)
    : loop_(loop), path_(data_dir.empty() ? "" : data_dir + "/clock") {}

void ClockFile::read() const {
  struct stat found{};
  if (path_.empty() || ::stat(path_.c_str(), &found) != 0) return;
  const Duration since_1970 =
      std::chrono::seconds(found.st_mtim.tv_sec) + Duration(found.st_mtim.tv_nsec);
  tls::set_clock_floor(std::max(tls::clock_floor(), WallTime(since_1970)));
}

void ClockFile::note() const {
  const WallTime now = loop_.wall_now();
  if (now <= tls::clock_floor()) return;
  tls::set_clock_floor(now);
  if (path_.empty()) return;
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kMode);
  if (file < 0) return;
  ::futimens(file, nullptr);
  ::close(file);
}

Task<void> ClockFile::follow(Ctx ctx) {
  while (true) {
    note();
    const auto slept = co_await sleep_for(loop_, ctx, kInterval);
    if (slept) continue;
    note();
    co_return;
  }
}

}  // namespace edge::daemon
