#include "edge/store/writer.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "edge/base/log.h"

namespace edge::store {
namespace {

constexpr std::string_view kLogScope = "edge.store";
constexpr Duration kBallastRetry = std::chrono::seconds(60);
constexpr Duration kFrozenRetry = std::chrono::seconds(1);

// An exception from a job is a bug; it must not end the thread that everyone's writes depend on.
Status run_guarded(Writer::Job& job, Db& db) {
  try {
    return job(db);
  } catch (const std::exception& error) {
    return Error{Code::kInternal, std::string("exception in a write: ") + error.what()};
  }
}

}  // namespace

Writer::Writer(WriterOptions options)
    : options_(std::move(options)), next_checkpoint_bytes_(options_.passive_checkpoint_bytes) {}

Writer::~Writer() {
  finish({});
  thread_.join();
}

Status Writer::submit(Job job, Completion done, std::size_t size_bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return Error{Code::kUnavailable, options_.name + ": closing"};
    if (queue_.size() >= options_.max_queued_jobs ||
        (!queue_.empty() && queued_bytes_ + size_bytes > options_.max_queued_bytes)) {
      return Error{Code::kResourceExhausted, options_.name + ": too many writes are waiting"};
    }
    queue_.push_back({std::move(job), std::move(done), size_bytes, {}});
    queued_bytes_ += size_bytes;
  }
  wake_.notify_one();
  return {};
}

void Writer::finish(std::move_only_function<void()> closed) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    finishing_ = true;
    closed_ = std::move(closed);
  }
  wake_.notify_one();
}

void Writer::work() {
  if (opened_ && !open_first()) return;
  tend_ballast();
  while (wait_for_work()) {
    if (!standby_.empty()) try_to_resume();
    if (standby_.empty()) {
      if (frozen_) tend_ballast();
      run_batch();
    } else {
      run_standby_batch();
    }
    complete_batch();
    if (damaged_ && !repair()) return;
    if (standby_.empty()) shorten_log();
    stats_.wal_bytes = db_->wal_bytes();
  }
  close_file();
  if (closed_) closed_();
}

bool Writer::wait_for_work() {
  std::unique_lock lock(mutex_);
  while (queue_.empty()) {
    if (finishing_) return false;
    const auto delay = next_care();
    if (!delay) {
      wake_.wait(lock);
      continue;
    }
    if (wake_.wait_for(lock, *delay) == std::cv_status::no_timeout) continue;
    lock.unlock();
    tend();
    lock.lock();
  }
  return true;
}

// After which time without a job tend() has something to do.
std::optional<Duration> Writer::next_care() const noexcept {
  if (!standby_.empty()) return options_.resume_retry;
  const bool due = settled_ == Settled::kNotYet || db_->wal_bytes() >= next_checkpoint_bytes_;
  if (due) return options_.idle;
  if (frozen_) return kFrozenRetry;
  if (ballast_.wanted() && !ballast_.complete()) return kBallastRetry;
  return std::nullopt;
}

Status Writer::settle() {
  if (settled_ == Settled::kYes) return {};
  auto done = db_->sync();
  settled_ = done ? Settled::kYes : Settled::kRefused;
  return done;
}

// What is done when nobody waits.
void Writer::tend() {
  if (!standby_.empty() && !try_to_resume()) return;
  tend_ballast();
  if (auto settled = settle(); !settled) {
    log::warn(kLogScope, "syncing the file failed", {{"error", settled.error().message}});
  }
  if (db_->wal_bytes() < next_checkpoint_bytes_) return;
  const auto unused = db_->integer("PRAGMA freelist_count");
  const auto pages = db_->integer("PRAGMA page_count");
  if (unused && pages && unused->value_or(0) > pages->value_or(0) / 4) {
    if (auto done = db_->run("PRAGMA incremental_vacuum(64)"); !done) {
      log::warn(kLogScope, "giving back space failed", {{"error", done.error().message}});
    }
  }
  checkpoint(Db::Checkpoint::kPassive);
}

// Copied while it is still short, the log begins anew in the space that it has: a commit into a
// file that grows waits for the file system's own journal as well, three times as long.
void Writer::shorten_log() {
  const std::int64_t longest = longest_wal();
  const std::int64_t length = db_->wal_bytes();
  if (length >= longest) return checkpoint(Db::Checkpoint::kTruncate);
  if (length < copied_at_) copied_at_ = 0;
  // A reader may have kept it from beginning anew.
  if (length < std::max(longest / 2, copied_at_ + options_.passive_checkpoint_bytes)) return;
  checkpoint(Db::Checkpoint::kPassive);
  copied_at_ = length;
}

std::int64_t Writer::longest_wal() const noexcept {
  if (frozen_) return std::max(ballast_.bytes() / 4, kShortestLog);
  return std::max(options_.truncate_checkpoint_bytes, next_checkpoint_bytes_);
}

void Writer::checkpoint(Db::Checkpoint mode) {
  auto done = db_->checkpoint(mode);
  // A reader holds the log back: try again when it has grown by as much again.
  next_checkpoint_bytes_ = options_.passive_checkpoint_bytes + db_->wal_bytes();
  ++stats_.checkpoints;
  if (checker_ && db_->wal_bytes() > 2 * options_.truncate_checkpoint_bytes) checker_->yield();
  if (!done && done.error().code != Code::kUnavailable) {
    log::warn(kLogScope, "checkpoint failed", {{"error", done.error().message}});
  }
}

// Moves jobs from the queue to the batch; gives how many.
std::size_t Writer::take_more() {
  const std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  while (!queue_.empty() && batch_.size() < options_.max_batch &&
         (batch_.empty() || batch_bytes_ + queue_.front().size_bytes <= options_.max_batch_bytes)) {
    queued_bytes_ -= queue_.front().size_bytes;
    batch_bytes_ += queue_.front().size_bytes;
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
    ++taken;
  }
  return taken;
}

void Writer::run_batch() {
  take_more();
  if (auto settled = settle(); !settled) {
    for (Entry& entry : batch_) entry.status = settled;
    return;
  }
  auto isolation = Isolation::kNone;
  while (isolation != Isolation::kTransactions) {
    if (attempt(0, isolation) == Outcome::kDone) return;
    const bool full = db_->failure() == Db::Failure::kFull;
    if (full && make_room()) continue;
    isolation = full || isolation == Isolation::kSavepoints || batch_.size() == 1
                    ? Isolation::kTransactions
                    : Isolation::kSavepoints;
  }
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    attempt(i, isolation);
    if (db_->failure() == Db::Failure::kFull && make_room()) attempt(i, isolation);
  }
}

// Reading goes on; what would write is told why it cannot.
void Writer::run_standby_batch() {
  take_more();
  for (Entry& entry : batch_) {
    db_->clear_failure();
    entry.status = run_guarded(entry.job, *db_);
    if (!entry.status && db_->failure() == Db::Failure::kReadOnly) entry.status = standby_error();
  }
}

// Runs the jobs from `first` (only that one where each has its own transaction) and commits.
Writer::Outcome Writer::attempt(std::size_t first, Isolation isolation) {
  db_->clear_failure();
  auto done = db_->run("BEGIN IMMEDIATE");
  std::size_t next = first;
  const bool alone = isolation == Isolation::kTransactions;
  while (done) {
    const bool more = alone ? next == first : next < batch_.size() || take_more() > 0;
    if (!more) break;
    if (run_job(batch_[next], isolation) == Outcome::kRetry) {
      rollback();
      return Outcome::kRetry;
    }
    ++next;
  }
  if (alone && done && !batch_[first].status) {
    rollback();
    return Outcome::kDone;
  }
  if (done) done = db_->run("COMMIT");
  if (done) {
    ++stats_.commits;
    return Outcome::kDone;
  }
  rollback();
  if (!alone && db_->failure() == Db::Failure::kFull) return Outcome::kRetry;
  for (std::size_t i = first; i < (alone ? first + 1 : batch_.size()); ++i) {
    if (batch_[i].status) batch_[i].status = done;
  }
  return Outcome::kDone;
}

// kRetry where the batch must be undone to undo this job.
Writer::Outcome Writer::run_job(Entry& entry, Isolation isolation) {
  const bool savepoint = isolation == Isolation::kSavepoints;
  if (savepoint && !db_->run("SAVEPOINT job")) return Outcome::kRetry;
  const std::int64_t changes = db_->total_changes();
  entry.status = check_room(entry);
  if (entry.status) entry.status = run_guarded(entry.job, *db_);
  if (isolation == Isolation::kTransactions) return Outcome::kDone;
  if (!entry.status) {
    const bool full = db_->failure() == Db::Failure::kFull;
    if (full || !db_->in_transaction()) return Outcome::kRetry;
    if (!savepoint) return db_->total_changes() == changes ? Outcome::kDone : Outcome::kRetry;
    if (!db_->run("ROLLBACK TO job")) return Outcome::kRetry;
  }
  if (savepoint && !db_->run("RELEASE job")) return Outcome::kRetry;
  return Outcome::kDone;
}

void Writer::rollback() {
  if (!db_->in_transaction()) return;
  if (auto undone = db_->run("ROLLBACK"); !undone) {
    log::error(kLogScope, "rollback failed", {{"error", undone.error().message}});
  }
}

void Writer::complete_batch() {
  damaged_ = damaged_ || db_->failure() == Db::Failure::kDamaged;
  explain_failures();
  note_full();
  for (Entry& entry : batch_) {
    ++stats_.jobs;
    if (!entry.status) ++stats_.failed_jobs;
    entry.job = nullptr;  // what it holds is gone before anyone hears of its end
    entry.done(std::move(entry.status));
  }
  batch_.clear();
  batch_bytes_ = 0;
  if (short_of_space_) make_room();
}

}  // namespace edge::store
