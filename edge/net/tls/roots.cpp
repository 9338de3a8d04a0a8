#include "edge/net/tls/roots.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

namespace edge::tls {
namespace {

struct Loaded {
  std::filesystem::file_time_type changed;
  std::shared_ptr<Certificates> roots;
};

Result<std::shared_ptr<Certificates>> read_bundle(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{Code::kUnavailable,
                 "tls: certificate authorities " + path + ": " + std::strerror(errno)};
  }
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto roots = std::make_shared<Certificates>();
  if (auto parsed = roots->parse(path, pem); !parsed) {
    return Error{Code::kUnavailable, "tls: certificate authorities " + parsed.error().message};
  }
  return roots;
}

}  // namespace

Result<std::shared_ptr<Certificates>> load_roots(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, Loaded> bundles;
  const std::lock_guard lock(mutex);
  std::error_code missing;
  const auto changed = std::filesystem::last_write_time(path, missing);
  const auto known = bundles.find(path);
  if (known != bundles.end() && !missing && known->second.changed == changed) {
    return known->second.roots;
  }
  auto roots = read_bundle(path);
  if (roots) bundles[path] = {changed, *roots};
  return roots;
}

}  // namespace edge::tls
