#include "components/secretstores/seal_key.h"

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "edge/net/tls/seal.h"
#include "edge/store/files.h"

namespace edge::secrets {
namespace {

constexpr mode_t kMode = 0400;

Error system_error(std::string_view what, const std::string& path) {
  return {Code::kUnavailable,
          std::string(what) + " " + path + ": " + std::generic_category().message(errno)};
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kMode)) {}  // NOLINT
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Error unusable(const std::string& path, const std::string& why) {
  return {Code::kFailedPrecondition, "the key file " + path + " " + why};
}

Status check_shape(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return unusable(path, "must be a regular file");
  if (info.st_size == tls::kSealKeyBytes) return {};
  return unusable(path, "has " + std::to_string(info.st_size) +
                            " bytes, and a key has 32; put the right file there");
}

// Only its owner, which is the hub, may read it.
Status check_owner(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};  // read_key tells
  if (!S_ISREG(info.st_mode)) return unusable(path, "must be a regular file");
  if (info.st_uid != ::geteuid()) {
    const std::string user = std::to_string(::geteuid());
    return unusable(path, "belongs to user " + std::to_string(info.st_uid) +
                              ", and the hub runs as " + user + "; run: chown " + user + " " +
                              path);
  }
  const mode_t mode = info.st_mode & 07777;
  if (mode == kMode || mode == 0600) return {};
  return unusable(path, "may be used by others; run: chmod 0400 " + path);
}

Status write_all(int fd, const tls::SecretBytes& bytes, const std::string& path) {
  std::string_view rest = bytes.view();
  while (!rest.empty()) {
    const ssize_t count = ::write(fd, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error("write", path);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(fd) != 0) return system_error("sync", path);
  return {};
}

// How many replicas share a key file; 0 for one that is a store's alone.
std::map<std::string, int>& claimed() {
  static std::map<std::string, int> names;
  return names;
}

}  // namespace

SealKeyPtr make_key(tls::SecretBytes bytes, std::string source) {
  std::string id = tls::key_id(bytes);
  return std::make_shared<const SealKey>(std::move(bytes), std::move(id), std::move(source));
}

Result<SealKeyPtr> read_key(const std::string& path, std::string source) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0 && errno == ENOENT) return SealKeyPtr();
  if (file.get() < 0 && errno == ELOOP) return unusable(path, "must be a regular file");
  if (file.get() < 0) return system_error("open", path);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return system_error("look at", path);
  if (auto fits = check_shape(path, info); !fits) return fits.error();
  tls::SecretBytes bytes(tls::kSealKeyBytes);
  if (::read(file.get(), bytes.bytes().data(), bytes.size()) !=
      static_cast<ssize_t>(bytes.size())) {
    return system_error("read", path);
  }
  return make_key(std::move(bytes), std::move(source));
}

Result<SealKeyPtr> KeyFile::read() const {
  if (auto ours = check_owner(path_); !ours) return ours.error();
  return read_key(path_, path_);
}

Result<SealKeyPtr> KeyFile::read_next() const {
  return read_key(next_path(), next_path());
}

Status KeyFile::write_next(const SealKey& key) const {
  const std::string path = next_path();
  if (auto removed = store::remove_file(path); !removed) return removed;
  {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (file.get() < 0) return system_error("create", path);
    if (auto written = write_all(file.get(), key.bytes, path); !written) return written;
  }
  return store::sync_folder_of(path);
}

Status KeyFile::promote_next() const {
  return store::replace_file(next_path(), path_);
}

Result<KeyFileClaim> KeyFileClaim::take(const std::string& path, Sharing sharing) {
  std::string name = store::canonical_path(path);
  const bool shared = sharing == Sharing::kWithReplicas;
  const auto [claim, is_new] = claimed().try_emplace(name, shared ? 1 : 0);
  const bool joins = !is_new && shared && claim->second > 0;
  if (joins) ++claim->second;
  if (is_new || joins) return KeyFileClaim(std::move(name));
  return Error{Code::kAlreadyExists, "the key file " + path +
                                         " is another component's; give this one a keyFile of its "
                                         "own"};
}

KeyFileClaim::~KeyFileClaim() {
  const auto claim = claimed().find(name_);
  if (claim != claimed().end() && --claim->second <= 0) claimed().erase(claim);
}

}  // namespace edge::secrets
