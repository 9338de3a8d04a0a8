#include "edge/store/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "edge/store/concat.h"

namespace edge::store {
namespace {

struct Closed {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

struct Freed {
  void operator()(char* text) const noexcept { std::free(text); }
};

// Absolute and without links; "" where the system cannot tell.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, Freed> text(::realpath(path.c_str(), nullptr));
  return text ? text.get() : "";
}

Error system_error(int number, std::string_view what, const std::string& path) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? Code::kResourceExhausted : Code::kUnavailable,
          concat(what, " ", path, ": ", std::generic_category().message(number))};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class File {
 public:
  File(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}  // NOLINT
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

// For file systems that cannot reserve.
int write_zeros(int fd, std::int64_t bytes) {
  const std::string block(64 * 1024, '\0');
  for (std::int64_t at = 0; at < bytes; at += static_cast<std::int64_t>(block.size())) {
    if (::pwrite(fd, block.data(), block.size(), at) < 0) return errno;
  }
  return 0;
}

// 0, or what the system said.
int reserve(const std::string& path, std::int64_t bytes) {
  const File file(path, O_WRONLY | O_CREAT);
  if (file.fd() < 0) return errno;
  if (::fallocate(file.fd(), 0, 0, bytes) == 0) return 0;
  const bool possible = errno != EOPNOTSUPP && errno != ENOSYS;
  return possible ? errno : write_zeros(file.fd(), bytes);
}

constexpr std::int64_t kLeastBallast = 128 << 10;
// With less, a database cannot even be opened: its log's index alone takes 32 KiB.
constexpr std::int64_t kLeastFree = 256 << 10;

}  // namespace

std::vector<std::string> files_with_prefix(const std::string& path) {
  const std::string beginning = last_name(path);
  const std::string folder = path.substr(0, path.size() - beginning.size());
  std::vector<std::string> found;
  const std::unique_ptr<DIR, Closed> opened(::opendir(folder.empty() ? "." : folder.c_str()));
  if (!opened) return found;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view name(entry->d_name);
    if (name.starts_with(beginning)) found.push_back(folder + std::string(name));
  }
  return found;
}

std::string canonical_path(const std::string& path) {
  std::string name = resolved(path);
  if (!name.empty()) return name;
  const std::size_t slash = path.rfind('/');
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  name = resolved(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  return name.empty() ? path : name + "/" + file;
}

std::string last_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool file_exists(const std::string& path) noexcept {
  return ::access(path.c_str(), F_OK) == 0;
}

std::int64_t file_bytes(const std::string& path) noexcept {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

bool is_blank(const std::string& path) noexcept {
  const File file(path, O_RDONLY);
  std::array<char, 4096 + 1> page{};
  const ssize_t size = file.fd() < 0 ? -1 : ::read(file.fd(), page.data(), page.size());
  return size >= 0 && static_cast<std::size_t>(size) < page.size() &&
         std::ranges::all_of(page, [](char c) { return c == 0; });
}

std::int64_t disk_bytes(const std::string& path) noexcept {
  struct statvfs info{};
  if (::statvfs(folder_of(path).c_str(), &info) != 0) return 0;
  return static_cast<std::int64_t>(info.f_blocks) * static_cast<std::int64_t>(info.f_frsize);
}

bool on_read_only_disk(const std::string& path) noexcept {
  const std::string folder = folder_of(path);
  struct statvfs info{};
  if (::statvfs(folder.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0) return true;
  // A file system that has met an error may say nothing of it. Makes no name.
  const File file(folder, O_TMPFILE | O_WRONLY);
  return file.fd() < 0 && errno == EROFS;
}

std::string disk_trouble(const std::string& path) {
  if (on_read_only_disk(path)) {
    return "the file system is read-only: look into the system's log for why, and mount it for "
           "writing again";
  }
  const std::int64_t left = free_bytes(path);
  return left >= 0 && left < kLeastFree ? "the disk is full: free some space on it" : "";
}

std::int64_t free_bytes(const std::string& path) noexcept {
  struct statvfs info{};
  if (::statvfs(folder_of(path).c_str(), &info) != 0) return -1;
  return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(errno, "remove", path);
  return {};
}

Status remove_database(const std::string& path) {
  auto removed = remove_file(path);
  for (const auto suffix : kSidecars) {
    if (removed) removed = remove_file(path + std::string(suffix));
  }
  return removed;
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const File file(folder, O_RDONLY | O_DIRECTORY);
  if (file.fd() < 0 || ::fsync(file.fd()) != 0) return system_error(errno, "sync", folder);
  return {};
}

Status replace_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "rename", from);
  return sync_folder_of(to);
}

Status create_marker(const std::string& path) {
  const File file(path, O_WRONLY | O_CREAT);
  if (file.fd() < 0) return system_error(errno, "create", path);
  return sync_folder_of(path);
}

Status create_private(const std::string& path) {
  if (file_exists(path)) return {};
  const File file(path, O_WRONLY | O_CREAT);
  if (file.fd() < 0) return system_error(errno, "create", path);
  return {};
}

Ballast::Ballast(std::string path, std::int64_t bytes) : path_(std::move(path)) {
  const std::int64_t disk = disk_bytes(path_);
  bytes_ = disk > 0 ? std::min(bytes, disk / 8) : bytes;
  least_ = std::min(bytes_, kLeastBallast);
  held_ = bytes_ > 0 ? file_bytes(path_) : 0;
}

Status Ballast::fill() {
  if (!wanted() || complete()) return {};
  const std::int64_t left = free_bytes(path_) + held_;
  std::int64_t size = bytes_;
  while (size >= least_ && left < 2 * size) size /= 2;
  if (size < least_) {
    return Error{Code::kResourceExhausted, concat("too little space for ", path_)};
  }
  if (size <= held_) return {};
  if (const int failed = reserve(path_, size); failed != 0) {
    const auto error = system_error(failed, "reserve", path_);
    if (auto removed = remove_file(path_); !removed) return removed;
    held_ = 0;
    return error;
  }
  held_ = size;
  least_ = std::min(bytes_, kLeastBallast);
  return {};
}

bool Ballast::release_if_disk_full() {
  const std::int64_t left = free_bytes(path_);
  if (!held() || left < 0 || left >= held_) return false;
  if (!remove_file(path_)) return false;
  least_ = std::exchange(held_, 0);
  return true;
}

}  // namespace edge::store
