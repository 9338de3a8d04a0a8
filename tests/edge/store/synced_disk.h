// The disk as a power cut leaves it: what this process synced, and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace edge::test {

// Stands in for the real disk as long as it lives, one at a time: no fsync or fdatasync of this
// process waits. A file has the content of its last sync, and is there if its folder was synced
// since it was made. Thread-safe.
class SyncedDisk {
 public:
  // What is in `folder` already counts as synced.
  explicit SyncedDisk(std::string folder);
  ~SyncedDisk();
  SyncedDisk(const SyncedDisk&) = delete;
  SyncedDisk& operator=(const SyncedDisk&) = delete;

  [[nodiscard]] int syncs() const;
  [[nodiscard]] bool has(const std::string& name) const;
  // Writes what is left after a cut now into an empty folder. A file that is there by name and was
  // never synced itself has no content.
  void cut_into(const std::string& folder) const;

  // Called by fsync and fdatasync; false where no disk is simulated.
  static bool note(int fd);

 private:
  // An inode's number is used again; with its time of birth it is unique.
  using FileId = std::pair<std::uint64_t, std::int64_t>;
  static std::optional<FileId> id_of(const std::string& path);
  void note_folder();

  const std::string folder_;
  mutable std::mutex mutex_;
  int syncs_ = 0;
  std::map<FileId, std::string> contents_;
  std::map<std::string, FileId> names_;
};

}  // namespace edge::test
