// What a Writer does on a disk that is full or read-only.
#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/store/concat.h"
#include "edge/store/writer.h"

namespace edge::store {
namespace {

constexpr std::string_view kLogScope = "edge.store";
constexpr Duration kFullEpisode = std::chrono::seconds(60);
// A job that is larger looks first whether the disk has room for it.
constexpr std::size_t kLargeJob = 64 << 10;

}  // namespace

// What is left of a disk without room for a ballast is for deleting.
void Writer::tend_ballast() {
  if (!standby_.empty()) return;
  auto filled = ballast_.fill();
  if (filled && frozen_) {
    frozen_ = !db_->set_growth(Db::Growth::kQuota).has_value();
    if (!frozen_) log::warn(kLogScope, "the disk has room again", {{"file", db_->path()}});
  }
  if (filled) return;
  log::debug(kLogScope, "no ballast", {{"error", filled.error().message}});
  if (frozen_ || ballast_.held() || filled.error().code != Code::kResourceExhausted) return;
  frozen_ = db_->set_growth(Db::Growth::kFrozen).has_value();
  log::warn(kLogScope, "the disk is nearly full: the file does not grow until there is room",
            {{"file", db_->path()}});
}

// Written, it is in the log and in the database; a third part is left for what comes next.
Status Writer::check_room(const Entry& entry) {
  if (entry.size_bytes < kLargeJob || db_->in_memory()) return {};
  const std::int64_t left = free_bytes(db_->path());
  if (left < 0 || left >= 3 * static_cast<std::int64_t>(entry.size_bytes)) return {};
  short_of_space_ = true;
  return Error{Code::kResourceExhausted,
               concat(last_name(db_->path()), ": disk or quota full: a change of ",
                      entry.size_bytes, " bytes needs three times as much")};
}

Error Writer::standby_error() const {
  const Code code = on_read_only_disk(path_) ? Code::kFailedPrecondition : Code::kResourceExhausted;
  return {code, concat(last_name(path_), " is only read: ", standby_)};
}

// The disk is full and the ballast was given back: the log can be emptied and the batch tried
// again, for what does not add to the file. Without a ballast the log's own space may do.
bool Writer::make_room() {
  short_of_space_ = false;
  if (!ballast_.release_if_disk_full()) {
    const bool full = !db_->in_memory() && !disk_trouble(db_->path()).empty();
    if (!full || db_->wal_bytes() == 0) return false;
    checkpoint(Db::Checkpoint::kTruncate);
    return db_->wal_bytes() == 0;
  }
  ++stats_.ballast_releases;
  log::warn(kLogScope, "disk full: ballast given back", {{"file", db_->path()}});
  checkpoint(Db::Checkpoint::kTruncate);
  frozen_ = db_->set_growth(Db::Growth::kFrozen).has_value();
  return true;
}

// Once an episode: until nothing was refused for a while.
void Writer::note_full() {
  const bool full = short_of_space_ || db_->failure() == Db::Failure::kFull;
  const bool refused =
      full && std::ranges::any_of(batch_, [](const Entry& entry) {
        return !entry.status && entry.status.error().code == Code::kResourceExhausted;
      });
  if (!refused || !standby_.empty()) return;
  const bool known = last_full_ && now() - *last_full_ < kFullEpisode;
  last_full_ = now();
  if (known) return;
  const std::string trouble = disk_trouble(db_->path());
  log::error(
      kLogScope, "disk or quota full: what adds to a file is refused",
      {{"file", db_->path()},
       {"free_bytes", std::to_string(free_bytes(db_->path()))},
       {"remedy", trouble.empty() ? "delete from the file, or have what is in it used up; or "
                                    "free space on the disk, or raise the file's limit"
                                  : trouble}});
}

// SQLite calls a file system that has become read-only an input/output error.
void Writer::explain_failures() {
  using Failure = Db::Failure;
  const Failure failure = db_->failure();
  const bool possible = failure == Failure::kInputOutput || failure == Failure::kReadOnly;
  if (!possible || !standby_.empty() || db_->in_memory() || !on_read_only_disk(db_->path())) return;
  for (Entry& entry : batch_) {
    const bool met = !entry.status && (entry.status.error().code == Code::kUnavailable ||
                                       entry.status.error().code == Code::kFailedPrecondition);
    if (met) entry.status.error().message += "; " + disk_trouble(db_->path());
  }
}

}  // namespace edge::store
