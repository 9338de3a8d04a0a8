// The disk as power cuts leave it: what was synced, and any part of what was not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "edge/base/random.h"

namespace edge::test {

// What a test has to remember with the writes between which it happened: an answer, say.
struct Mark {
  std::string what;
  std::int64_t number = 0;
};

// What is left of writes that no sync has followed.
enum class Unsynced : std::uint8_t {
  kLost,
  kKept,     // as when the process is killed
  kInParts,  // of each write any sectors, or none; of names as well
};

// Records, as long as it lives, what this process does to the files of a folder, one at a time. No
// sync of the process waits then. A file that is made belongs to the folder for good when the
// folder is synced afterwards. Thread-safe.
//
// To be linked into a test program of its own: it stands in for the C library's calls. Memory maps
// are not seen: SQLite's "-shm" files do not count.
class RecordedDisk {
 public:
  explicit RecordedDisk(std::string folder);
  ~RecordedDisk();
  RecordedDisk(const RecordedDisk&) = delete;
  RecordedDisk& operator=(const RecordedDisk&) = delete;

  void mark(std::string what, std::int64_t number);

  // The places where the power may be cut, one after the other.
  class Replay;
  void replay(const std::function<void(const Replay& place)>& visit) const;

  // For the calls that it stands in for; false where none is recorded.
  static bool syncing(int fd);
  static void wrote(int fd, const void* bytes, std::size_t count, std::int64_t at);
  static void resized(int fd, std::int64_t size);
  static void removing(const char* path);

 private:
  enum class Kind : std::uint8_t { kWrite, kResize, kSync, kSyncFolder, kRemove, kMark };
  struct Step {
    Kind kind = Kind::kMark;
    std::string name;                // of the file; of a mark
    std::string bytes;               // written
    std::int64_t number = 0;         // offset, size; of a mark
    std::vector<std::string> names;  // in the folder
  };

  // The file's name in the folder; "" where it is another.
  [[nodiscard]] std::string name_of(int fd) const;
  void add(Step step);

  const std::string folder_;
  mutable std::mutex mutex_;
  std::vector<Step> steps_;
};

// The disk at a place between two steps.
class RecordedDisk::Replay {
 public:
  // The files that a cut leaves, by name.
  [[nodiscard]] std::map<std::string, std::string> cut(Unsynced unsynced, Random& random) const;
  // Whether it matters what becomes of unsynced writes.
  [[nodiscard]] bool is_synced() const;
  // Whether the next step is a sync, or there is none.
  [[nodiscard]] bool before_sync() const { return before_sync_; }
  // The marks so far.
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }

 private:
  friend class RecordedDisk;
  struct File {
    std::string content;  // synced
    std::vector<const Step*> unsynced;
  };

  void run(const Step& step);
  void remove(const std::string& name);
  static void apply(std::string& content, const Step& step);
  static void apply_in_parts(std::string& content, const Step& step, Random& random);
  static void sync(File& file);
  static std::string content_of(const File& file, Unsynced unsynced, Random& random);

  std::map<std::string, File> files_;
  std::map<std::string, File> removed_;  // and the folder has not been synced since
  std::set<std::string> durable_names_;
  std::vector<Mark> marks_;
  bool before_sync_ = false;
};

// Writes files into an empty folder.
void write_files(const std::string& folder, const std::map<std::string, std::string>& files);

}  // namespace edge::test
