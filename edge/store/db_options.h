// How a database file is opened.
#pragma once

#include <chrono>
#include <cstdint>

#include "edge/base/time.h"

namespace edge::store {

// kImmutable: reads a database that nobody writes and that has no log; needs neither locks nor
// space beside it.
enum class Access { kReadWrite, kReadOnly, kImmutable };

// kWal for files on local disks; kRollback where shared memory is not possible (network disks).
enum class Journal { kWal, kRollback };

// How an empty file becomes a database. kUnsynced (with kWal only) does not wait for the disk, and
// neither do commits until Db::end_creation().
enum class Creation { kSynced, kUnsynced };

struct DbOptions {
  Access access = Access::kReadWrite;
  Journal journal = Journal::kWal;
  Creation creation = Creation::kSynced;
  Duration busy_timeout = std::chrono::seconds(2);
  std::int64_t quota_bytes = 0;  // the file grows no further; deleting still works. 0: no limit
};

}  // namespace edge::store
