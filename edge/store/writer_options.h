// What a Writer is told, and what it counts.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "edge/base/time.h"

namespace edge::store {

struct WriterOptions {
  std::string name = "store";  // of the thread
  std::size_t max_batch = 256;
  std::size_t max_batch_bytes = 4 << 20;  // or one job
  std::size_t max_queued_jobs = 4096;
  std::size_t max_queued_bytes = 16 << 20;
  std::size_t stack_bytes = 256 << 10;
  // The log is copied into the database when it is this long and no job has come for `idle`; at
  // half of the second length whatever the load; and at that length the file is cut off as well,
  // which waits for readers. On a small disk sooner: at a sixteenth of it.
  std::int64_t passive_checkpoint_bytes = 1 << 20;
  std::int64_t truncate_checkpoint_bytes = 8 << 20;
  Duration idle = std::chrono::milliseconds(200);
  // Kept as "<file>.ballast", 0: none; as large as the log may become, less on a small disk. When
  // the disk is full it is given back, and until it is there again the file does not grow: deleting
  // works, adding does not.
  std::int64_t ballast_bytes = 0;
  // How often a file that is only read is tried to be written again; after a salvage that failed
  // ever more seldom, down to the second.
  Duration resume_retry = std::chrono::seconds(1);
  Duration longest_resume_retry = std::chrono::minutes(5);
  Duration check_delay = std::chrono::seconds(10);  // of a file that is checked while it is used
};

struct WriterStats {
  std::atomic<std::uint64_t> jobs = 0;
  std::atomic<std::uint64_t> failed_jobs = 0;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> checkpoints = 0;
  std::atomic<std::uint64_t> ballast_releases = 0;
  std::atomic<std::int64_t> wal_bytes = 0;
};

}  // namespace edge::store
