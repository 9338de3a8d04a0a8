#include "tests/support/power_cut.h"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace {

using edge::test::RecordedDisk;

// The C library's own.
template <class Function>
Function* next_of(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::mutex watching;
RecordedDisk* watched = nullptr;

}  // namespace

// In place of the C library's, for the whole test program: SQLite calls them too.
extern "C" int fsync(int fd) {
  static auto* const own = next_of<int(int)>("fsync");
  return RecordedDisk::syncing(fd) ? 0 : own(fd);
}
extern "C" int fdatasync(int fd) {
  static auto* const own = next_of<int(int)>("fdatasync");
  return RecordedDisk::syncing(fd) ? 0 : own(fd);
}
extern "C" ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  static auto* const own = next_of<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  const ssize_t written = own(fd, bytes, count, at);
  if (written > 0) RecordedDisk::wrote(fd, bytes, static_cast<std::size_t>(written), at);
  return written;
}
extern "C" int ftruncate64(int fd, off64_t size) noexcept {
  static auto* const own = next_of<int(int, off64_t)>("ftruncate64");
  const int done = own(fd, size);
  if (done == 0) RecordedDisk::resized(fd, size);
  return done;
}
extern "C" int unlink(const char* path) noexcept {
  RecordedDisk::removing(path);
  static auto* const own = next_of<int(const char*)>("unlink");
  return own(path);
}

namespace edge::test {
namespace {

constexpr std::size_t kSector = 512;

bool counts(const std::string& name) {
  return !name.empty() && !name.ends_with("-shm") && !name.ends_with(".ballast");
}

void write_at(std::string& content, std::size_t at, std::string_view bytes) {
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
  content.replace(at, bytes.size(), bytes);
}

}  // namespace

void RecordedDisk::Replay::run(const Step& step) {
  switch (step.kind) {
    case Kind::kMark:
      marks_.push_back({step.name, step.number});
      return;
    case Kind::kWrite:
    case Kind::kResize:
      files_[step.name].unsynced.push_back(&step);
      return;
    case Kind::kSync:
      return sync(files_[step.name]);
    case Kind::kRemove:
      return remove(step.name);
    case Kind::kSyncFolder:
      removed_.clear();
      durable_names_ = {step.names.begin(), step.names.end()};
      for (const auto& name : step.names) files_[name];
      return;
  }
}

void RecordedDisk::Replay::remove(const std::string& name) {
  if (durable_names_.contains(name)) removed_.try_emplace(name, std::move(files_[name]));
  files_.erase(name);
}

void RecordedDisk::Replay::apply(std::string& content, const Step& step) {
  if (step.kind == Kind::kResize) return content.resize(static_cast<std::size_t>(step.number));
  write_at(content, static_cast<std::size_t>(step.number), step.bytes);
}

void RecordedDisk::Replay::apply_in_parts(std::string& content, const Step& step, Random& random) {
  const auto luck = random.below(3);
  if (luck == 0) return;
  if (luck == 1 || step.kind == Kind::kResize) return apply(content, step);
  auto at = static_cast<std::size_t>(step.number);
  for (std::string_view rest = step.bytes; !rest.empty();) {
    const std::size_t count = std::min(kSector - at % kSector, rest.size());
    if (random.below(2) == 0) write_at(content, at, rest.substr(0, count));
    at += count;
    rest.remove_prefix(count);
  }
}

void RecordedDisk::Replay::sync(File& file) {
  for (const Step* step : file.unsynced) apply(file.content, *step);
  file.unsynced.clear();
}

std::string RecordedDisk::Replay::content_of(const File& file, Unsynced unsynced, Random& random) {
  std::string content = file.content;
  if (unsynced == Unsynced::kLost) return content;
  for (const Step* step : file.unsynced) {
    if (unsynced == Unsynced::kKept) {
      apply(content, *step);
    } else {
      apply_in_parts(content, *step, random);
    }
  }
  return content;
}

std::map<std::string, std::string> RecordedDisk::Replay::cut(Unsynced unsynced,
                                                             Random& random) const {
  // Whether a name is as in the state for which `state` stands.
  const auto is_as = [&](Unsynced state) {
    return unsynced == Unsynced::kInParts ? random.below(2) == 0 : unsynced == state;
  };
  std::map<std::string, std::string> left;
  for (const auto& [name, file] : removed_) {
    if (is_as(Unsynced::kLost)) left[name] = content_of(file, unsynced, random);
  }
  for (const auto& [name, file] : files_) {
    const bool durable = durable_names_.contains(name) && !removed_.contains(name);
    if (durable || is_as(Unsynced::kKept)) left[name] = content_of(file, unsynced, random);
  }
  return left;
}

bool RecordedDisk::Replay::is_synced() const {
  const auto synced = [&](const auto& entry) {
    return entry.second.unsynced.empty() && durable_names_.contains(entry.first);
  };
  return removed_.empty() && std::ranges::all_of(files_, synced);
}

RecordedDisk::RecordedDisk(std::string folder) : folder_(std::move(folder)) {
  const std::lock_guard lock(watching);
  watched = this;
}

RecordedDisk::~RecordedDisk() {
  const std::lock_guard lock(watching);
  watched = nullptr;
}

void RecordedDisk::mark(std::string what, std::int64_t number) {
  add({.kind = Kind::kMark, .name = std::move(what), .bytes = {}, .number = number, .names = {}});
}

void RecordedDisk::add(Step step) {
  const std::lock_guard lock(mutex_);
  steps_.push_back(std::move(step));
}

void RecordedDisk::replay(const std::function<void(const Replay& place)>& visit) const {
  std::vector<Step> steps;
  {
    const std::lock_guard lock(mutex_);
    steps = steps_;
  }
  Replay replay;
  for (const Step& step : steps) {
    // Before a mark is no other place than after it.
    replay.before_sync_ = step.kind == Kind::kSync || step.kind == Kind::kSyncFolder;
    if (step.kind != Kind::kMark) visit(replay);
    replay.run(step);
  }
  replay.before_sync_ = true;
  visit(replay);
}

std::string RecordedDisk::name_of(int fd) const {
  std::array<char, 4096> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size <= 0) return "";
  const std::string_view path(target.data(), static_cast<std::size_t>(size));
  if (path == folder_) return ".";
  if (!path.starts_with(folder_ + "/")) return "";
  std::string name(path.substr(folder_.size() + 1));
  return counts(name) ? name : "";
}

bool RecordedDisk::syncing(int fd) {
  const std::lock_guard lock(watching);
  if (watched == nullptr) return false;
  Step step{
      .kind = Kind::kSync, .name = watched->name_of(fd), .bytes = {}, .number = 0, .names = {}};
  if (step.name == ".") {
    step.kind = Kind::kSyncFolder;
    for (const auto& entry : std::filesystem::directory_iterator(watched->folder_)) {
      if (counts(entry.path().filename())) step.names.push_back(entry.path().filename());
    }
  }
  if (!step.name.empty()) watched->add(std::move(step));
  return true;
}

void RecordedDisk::wrote(int fd, const void* bytes, std::size_t count, std::int64_t at) {
  const std::lock_guard lock(watching);
  if (watched == nullptr) return;
  const std::string name = watched->name_of(fd);
  if (name.empty()) return;
  watched->add({.kind = Kind::kWrite,
                .name = name,
                .bytes = std::string(static_cast<const char*>(bytes), count),
                .number = at,
                .names = {}});
}

void RecordedDisk::resized(int fd, std::int64_t size) {
  const std::lock_guard lock(watching);
  if (watched == nullptr) return;
  const std::string name = watched->name_of(fd);
  if (name.empty()) return;
  watched->add({.kind = Kind::kResize, .name = name, .bytes = {}, .number = size, .names = {}});
}

void RecordedDisk::removing(const char* path) {
  const std::lock_guard lock(watching);
  if (watched == nullptr) return;
  const std::string_view whole(path);
  if (!whole.starts_with(watched->folder_ + "/")) return;
  std::string name(whole.substr(watched->folder_.size() + 1));
  if (!counts(name)) return;
  watched->add(
      {.kind = Kind::kRemove, .name = std::move(name), .bytes = {}, .number = 0, .names = {}});
}

void write_files(const std::string& folder, const std::map<std::string, std::string>& files) {
  for (const auto& [name, content] : files) {
    std::ofstream(folder + "/" + name, std::ios::binary) << content;
  }
}

}  // namespace edge::test
