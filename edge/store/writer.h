// The one writer of a database file: a thread that commits many jobs together.
//
// Jobs that arrive while a commit is under way form the next batch, so one flush of the disk serves
// them all and nobody waits for a timer. A completion says what became of a job, and is called
// only after the commit (synchronous=FULL) has returned: an answer given then survives a power cut.
// For that the file itself and its name are synced once, when nobody waits or before the first
// batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"
#include "edge/store/db.h"
#include "edge/store/files.h"
#include "edge/store/open_file.h"
#include "edge/store/thread.h"

namespace edge::store {

struct WriterOptions {
  std::string name = "store";  // of the thread
  std::size_t max_batch = 256;
  std::size_t max_queued_jobs = 4096;
  std::size_t max_queued_bytes = 16 << 20;
  std::size_t stack_bytes = 256 << 10;
  // The log is copied into the database when it is this long and no job has come for `idle`, and
  // at the second length whatever the load.
  std::int64_t passive_checkpoint_bytes = 1 << 20;
  std::int64_t truncate_checkpoint_bytes = 8 << 20;
  Duration idle = std::chrono::milliseconds(200);
  // Kept as "<file>.ballast", 0: none; as large as the log may become. When the disk is full it is
  // given back, and until it is there again the file does not grow: deleting works, adding does
  // not.
  std::int64_t ballast_bytes = 0;
};

struct WriterStats {
  std::atomic<std::uint64_t> jobs = 0;
  std::atomic<std::uint64_t> failed_jobs = 0;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> checkpoints = 0;
  std::atomic<std::uint64_t> ballast_releases = 0;
  std::atomic<std::int64_t> wal_bytes = 0;
};

class Writer {
 public:
  // Changes the database, on the writer's thread, inside a transaction that it does not end. An
  // error undoes this job and no other. It may be run more than once, so it changes nothing but the
  // database and what it sets afresh each time.
  using Job = std::move_only_function<Status(Db&)>;
  // On the writer's thread: hand over to the loop and return.
  using Completion = std::move_only_function<void(Status)>;

  // On the writer's thread, once, before any job runs.
  using OnOpened = std::move_only_function<void(Result<OpenReport>)>;

  // Opens `path` with open_file on the new thread, so that the caller does not wait for the disk.
  // Jobs may be submitted at once; where opening fails they are completed with its error.
  // Errors: kResourceExhausted when no thread can be had.
  static Result<std::unique_ptr<Writer>> open(std::string path, OpenOptions open_options,
                                              WriterOptions options, OnOpened opened);
  // Takes an open connection over.
  static Result<std::unique_ptr<Writer>> start(Db db, WriterOptions options = {});
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Waits for the jobs that were submitted, then closes the file.
  ~Writer();

  // Thread-safe. `size_bytes` is what the job holds in memory. Each job that was accepted is
  // completed once. Errors: kResourceExhausted when the queue is full, kUnavailable after finish();
  // then `done` is not called.
  Status submit(Job job, Completion done, std::size_t size_bytes = 0);

  // Accepts no more jobs; calls `closed` on the writer's thread when those that were submitted are
  // done and the file is closed. Legal once; the destructor does the same.
  void finish(std::move_only_function<void()> closed);

  [[nodiscard]] const WriterStats& stats() const noexcept { return stats_; }

 private:
  struct Entry {
    Job job;
    Completion done;
    std::size_t size_bytes;
    Status status;
  };
  // How the jobs of a batch are kept apart: not at all until one fails after it changed something;
  // then by savepoints; and each in a transaction of its own where the whole transaction fails.
  enum class Isolation { kNone, kSavepoints, kTransactions };
  enum class Outcome { kDone, kRetry };
  // Whether the disk has the file: not yet; not, and the next batch tries again; yes.
  enum class Settled { kNotYet, kRefused, kYes };

  explicit Writer(WriterOptions options);
  Status start_thread();
  void work();
  void take(Db db);
  void refuse_all(const Error& error);
  bool wait_for_work();
  std::optional<Duration> next_care() const noexcept;
  void tend();
  void tend_ballast();
  Status settle();
  std::size_t take_more();
  void run_batch();
  Outcome attempt(std::size_t first, Isolation isolation);
  Outcome run_job(Entry& entry, Isolation isolation);
  void rollback();
  bool make_room();
  std::int64_t longest_wal() const noexcept;
  void checkpoint(Db::Checkpoint mode);
  void complete_batch();
  void note_damage();

  WriterOptions options_;
  // Gives the database; cleared once called.
  std::move_only_function<Result<Db>()> opener_;
  std::optional<Db> db_;
  Ballast ballast_;
  WriterStats stats_;
  std::vector<Entry> batch_;  // the writer's thread only
  std::int64_t next_checkpoint_bytes_;
  Settled settled_ = Settled::kNotYet;
  bool damage_noted_ = false;
  bool frozen_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  std::size_t queued_bytes_ = 0;
  bool finishing_ = false;
  std::move_only_function<void()> closed_;

  Thread thread_;  // last: it uses all of the above
};

}  // namespace edge::store
