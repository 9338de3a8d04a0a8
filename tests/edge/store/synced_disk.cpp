#include "tests/edge/store/synced_disk.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace {

std::mutex watching;
edge::test::SyncedDisk* watched = nullptr;

}  // namespace

// In place of the C library's, for the whole test program: SQLite calls them too.
extern "C" int fsync(int fd) {
  return edge::test::SyncedDisk::note(fd) ? 0 : static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int fdatasync(int fd) {
  return edge::test::SyncedDisk::note(fd) ? 0 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace edge::test {
namespace {

std::pair<std::uint64_t, std::int64_t> id(const struct statx& info) {
  return {info.stx_ino, info.stx_btime.tv_sec * 1'000'000'000 + info.stx_btime.tv_nsec};
}

// Through the descriptor itself: closing another one would drop SQLite's locks on the file.
std::string content_of(int fd) {
  std::string content(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  const ssize_t size = ::pread(fd, content.data(), content.size(), 0);
  content.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return content;
}

}  // namespace

SyncedDisk::SyncedDisk(std::string folder) : folder_(std::move(folder)) {
  note_folder();
  for (const auto& [name, id] : names_) contents_[id] = read_file(folder_ + "/" + name);
  const std::lock_guard lock(watching);
  watched = this;
}

SyncedDisk::~SyncedDisk() {
  const std::lock_guard lock(watching);
  watched = nullptr;
}

int SyncedDisk::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

bool SyncedDisk::has(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(name);
  return found != names_.end() && contents_.contains(found->second);
}

void SyncedDisk::cut_into(const std::string& folder) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, id] : names_) {
    const auto found = contents_.find(id);
    std::ofstream(folder + "/" + name, std::ios::binary)
        << (found == contents_.end() ? std::string() : found->second);
  }
}

bool SyncedDisk::note(int fd) {
  const std::lock_guard lock(watching);
  if (watched == nullptr) return false;
  struct statx info{};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &info) != 0) return false;
  const std::lock_guard also(watched->mutex_);
  if (!S_ISDIR(info.stx_mode)) {
    watched->contents_[id(info)] = content_of(fd);
  } else if (id_of(watched->folder_) == id(info)) {
    watched->note_folder();
  }
  ++watched->syncs_;
  return true;
}

std::optional<SyncedDisk::FileId> SyncedDisk::id_of(const std::string& path) {
  struct statx info{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS | STATX_BTIME, &info) != 0) {
    return std::nullopt;
  }
  return id(info);
}

void SyncedDisk::note_folder() {
  names_.clear();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (const auto id = id_of(entry.path())) names_[entry.path().filename()] = *id;
  }
}

}  // namespace edge::test
