// The one writer of a database file: a thread that commits many jobs together.
//
// Jobs that arrive while a commit is under way form the next batch, so one flush of the disk serves
// them all and nobody waits for a timer. A completion says what became of a job, and is called
// only after the commit (synchronous=FULL) has returned: an answer given then survives a power cut.
// For that the file itself and its name are synced once, when nobody waits or before the first
// batch.
//
// It outlives its disk: where that takes nothing (full, read-only) the file is opened for reading,
// writes are refused with the reason, and the file is opened anew as soon as that is possible. A
// file that turns out to be damaged is replaced by what can be read of it. Other connections to it
// are to be opened again whenever generation() has changed.
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
#include "edge/store/checker.h"
#include "edge/store/db.h"
#include "edge/store/files.h"
#include "edge/store/open_file.h"
#include "edge/store/thread.h"
#include "edge/store/writer_options.h"

namespace edge::store {

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

  // Thread-safe. Rises whenever the file was opened again.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
  // Thread-safe. Whether the file is only read now.
  [[nodiscard]] bool standing_by() const noexcept { return standing_by_; }
  // Thread-safe. Another connection, opened at `generation`, has met damage.
  void report_damage(std::uint32_t generation);
  // Has `schema` run whenever the file is opened again. On the writer's thread only.
  void add_schema(std::function<Status(Db&)> schema);

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
  bool open_first();
  void take(Db db);
  void take_file(Opened file);
  void start_check();
  void close_file();
  bool may_resume();
  bool try_to_resume();
  void stand_by_again(const Error& error);
  bool repair();
  void refuse_all(const Error& error);
  bool wait_for_work();
  std::optional<Duration> next_care() const noexcept;
  void tend();
  void tend_ballast();
  Status settle();
  std::size_t take_more();
  void run_batch();
  void run_standby_batch();
  Outcome attempt(std::size_t first, Isolation isolation);
  Outcome run_job(Entry& entry, Isolation isolation);
  void rollback();
  bool make_room();
  Status check_room(const Entry& entry);
  [[nodiscard]] Error standby_error() const;
  void shorten_log();
  std::int64_t longest_wal() const noexcept;
  void checkpoint(Db::Checkpoint mode);
  void complete_batch();
  void explain_failures();
  void note_full();

  WriterOptions options_;
  std::string path_;  // "" where the connection was opened by another
  OpenOptions how_;
  OnOpened opened_;  // cleared once called
  std::vector<std::function<Status(Db&)>> schemas_;
  std::optional<Db> db_;
  std::unique_ptr<Checker> checker_;  // of the file that is open; null where none is due
  Ballast ballast_;
  WriterStats stats_;
  std::vector<Entry> batch_;  // the writer's thread only
  std::int64_t next_checkpoint_bytes_;
  std::int64_t copied_at_ = 0;  // how long the log was; 0 where it has begun anew since
  Settled settled_ = Settled::kNotYet;
  std::size_t batch_bytes_ = 0;
  static constexpr std::int64_t kShortestLog = 64 << 10;
  static TimePoint now() noexcept {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }

  std::string standby_;  // why the file is only read
  TimePoint next_resume_{};
  Duration resume_delay_{};
  std::optional<TimePoint> last_full_;  // when a job was refused for it
  int repairs_ = 0;
  bool damaged_ = false;
  bool frozen_ = false;
  bool short_of_space_ = false;
  std::atomic<std::uint32_t> generation_ = 0;
  std::atomic<bool> standing_by_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  std::size_t queued_bytes_ = 0;
  bool finishing_ = false;
  std::move_only_function<void()> closed_;

  Thread thread_;  // last: it uses all of the above
};

}  // namespace edge::store
