#include "edge/net/tls/roots.h"

#include <map>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <utility>

#include "edge/base/read_file.h"

namespace edge::tls {
namespace {

constexpr std::size_t kMaxBundleBytes = std::size_t{16} * 1024 * 1024;

struct Loaded {
  timespec changed{};
  std::shared_ptr<Certificates> roots;
};

bool same_time(const timespec& a, const timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

Result<std::shared_ptr<Certificates>> read_bundle(const std::string& path) {
  auto pem = read_file(path, kMaxBundleBytes);
  if (!pem) {
    return Error{Code::kUnavailable,
                 "tls: certificate authorities " + path + ": " + pem.error().message};
  }
  auto roots = std::make_shared<Certificates>();
  if (auto parsed = roots->parse(path, *pem); !parsed) {
    return Error{Code::kUnavailable, "tls: certificate authorities " + parsed.error().message};
  }
  return roots;
}

// When the file was changed last; nothing where it cannot be told.
std::optional<timespec> changed_at(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return found.st_mtim;
}

}  // namespace

Result<std::shared_ptr<Certificates>> load_roots(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, Loaded> bundles;
  const std::lock_guard lock(mutex);
  const auto changed = changed_at(path);
  const auto known = bundles.find(path);
  if (known != bundles.end() && changed && same_time(known->second.changed, *changed)) {
    return known->second.roots;
  }
  auto roots = read_bundle(path);
  if (roots && changed) bundles[path] = {*changed, *roots};
  return roots;
}

}  // namespace edge::tls
