#include "edge/daemon/host.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

// A UDP socket that is only connected: the kernel picks the source address of the route.
std::string source_address(int family, const sockaddr* target, socklen_t size) {
  const int fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  sockaddr_storage own{};
  socklen_t own_size = sizeof own;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::connect(fd, target, size) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0) {
    const void* address =
        family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&own)->sin_addr)
            : static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&own)->sin6_addr);
    ::inet_ntop(family, address, text.data(), text.size());
  }
  ::close(fd);
  return text.data();
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::string host_ip() {
  const char* given = std::getenv("DAPR_HOST_IP");
  if (given != nullptr && *given != '\0') return given;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(80);
  ::inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
  std::string ip = source_address(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  if (!ip.empty()) return ip;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(80);
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  ip = source_address(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  return ip.empty() ? "127.0.0.1" : ip;
}

Result<uid_t> find_user(const std::string& name) {
  if (const auto number = parse_unsigned(name)) return static_cast<uid_t>(*number);
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) {
    return Error{Code::kNotFound,
                 "no user " + name + " on this machine; create it or name another"};
  }
  return entry->pw_uid;
}

Result<gid_t> find_group(const std::string& name) {
  if (const auto number = parse_unsigned(name)) return static_cast<gid_t>(*number);
  const group* entry = ::getgrnam(name.c_str());
  if (entry == nullptr) {
    return Error{Code::kNotFound,
                 "no group " + name + " on this machine; create it or name another"};
  }
  return entry->gr_gid;
}

bool is_member(uid_t user, gid_t group) {
  const passwd* entry = ::getpwuid(user);
  if (entry == nullptr) return false;
  int count = 0;
  ::getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(entry->pw_name, entry->pw_gid, groups.data(), &count) < 0) return false;
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

namespace {

// Makes the directory and those above it; gives what went wrong, 0 where nothing.
int make_each(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      struct stat found{};
      const int failure = errno;
      if (::stat(part.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return failure;
    }
    if (end == std::string::npos) break;
  }
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return errno;
  return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
}

}  // namespace

Status make_directories(const std::string& path, mode_t mode) {
  const int failure = make_each(path);
  if (failure != 0) {
    return Error{Code::kFailedPrecondition,
                 "create directory " + path + ": " + std::strerror(failure)};
  }
  // Only what is ours to set: a directory of another owner keeps its mode.
  ::chmod(path.c_str(), mode);
  return {};
}

}  // namespace edge::daemon
