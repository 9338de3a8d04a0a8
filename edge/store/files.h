// The file-system side of a database: names beside it, durable renames, free space, the ballast.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::store {

// What SQLite keeps beside a database, by suffix.
inline constexpr std::array<std::string_view, 3> kSidecars = {"-wal", "-shm", "-journal"};

std::string last_name(std::string_view path);
[[nodiscard]] bool file_exists(const std::string& path) noexcept;
// 0 where the file does not exist.
[[nodiscard]] std::int64_t file_bytes(const std::string& path) noexcept;
// Whether it holds zeros only, and not more than a page of them.
[[nodiscard]] bool is_blank(const std::string& path) noexcept;
// Bytes of the whole file system of `path`'s folder; 0 if unknown.
[[nodiscard]] std::int64_t disk_bytes(const std::string& path) noexcept;
// Why nothing can be written beside `path`, with what to do: the file system is full, or read-only.
// "" where it can.
[[nodiscard]] std::string disk_trouble(const std::string& path);
[[nodiscard]] bool on_read_only_disk(const std::string& path) noexcept;
// Bytes that this process may still use on the file system of `path`'s folder; -1 if unknown.
[[nodiscard]] std::int64_t free_bytes(const std::string& path) noexcept;
// The files whose path begins so; none where the folder cannot be read.
std::vector<std::string> files_with_prefix(const std::string& path);
// One name for one file, also for one that is not there yet.
std::string canonical_path(const std::string& path);

// Errors, of each: what the system said, with the path. A missing file is not an error of remove.
Status remove_file(const std::string& path);
Status remove_database(const std::string& path);
// rename, then the folder is synced, so that it survives a power cut.
Status replace_file(const std::string& from, const std::string& to);
Status sync_folder_of(const std::string& path);
Status create_marker(const std::string& path);
// Makes an empty file that only its owner may read; leaves one that is there as it is. SQLite gives
// a database's mode to the files that it puts beside it.
Status create_private(const std::string& path);

// Space set aside on a disk that may fill up: giving it back lets a full database checkpoint and
// delete. The space is reserved, not written, where the file system can.
class Ballast {
 public:
  Ballast() = default;
  // At most `bytes`, and an eighth of the disk. 0: none is kept.
  Ballast(std::string path, std::int64_t bytes);

  [[nodiscard]] bool wanted() const noexcept { return bytes_ > 0; }
  [[nodiscard]] bool held() const noexcept { return held_ > 0; }
  [[nodiscard]] bool complete() const noexcept { return held_ >= bytes_; }
  // What is held, or was held last.
  [[nodiscard]] std::int64_t bytes() const noexcept { return held_ > 0 ? held_ : least_; }
  // Reserves as much of it as leaves the same again; after it was given back, as much as there was.
  // Errors: kResourceExhausted where too little is free; else what the system said, and then none
  // is held.
  Status fill();
  // Gives it back if the disk is nearly full: less than its size is left. False where it was not
  // held or the disk has room (then it is a quota that is full).
  bool release_if_disk_full();

 private:
  std::string path_;
  std::int64_t bytes_ = 0;
  std::int64_t least_ = 0;  // worth holding
  std::int64_t held_ = 0;
};

}  // namespace edge::store
