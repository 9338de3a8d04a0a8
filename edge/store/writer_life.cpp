// How a Writer's file is opened, given up for reading only, opened again, and replaced when
// damaged.
#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/store/standby.h"
#include "edge/store/writer.h"

namespace edge::store {
namespace {

constexpr std::string_view kLogScope = "edge.store";
// Damage that comes back as often in one life is not repaired by writing the file anew.
constexpr int kMostRepairs = 3;

WallTime wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

Status Writer::start_thread() {
  return thread_.start(options_.name, options_.stack_bytes, [this] { work(); });
}

Result<std::unique_ptr<Writer>> Writer::open(std::string path, OpenOptions open_options,
                                             WriterOptions options, OnOpened opened) {
  std::unique_ptr<Writer> writer(new Writer(std::move(options)));
  writer->path_ = std::move(path);
  writer->how_ = std::move(open_options);
  if (writer->how_.schema) writer->add_schema(std::exchange(writer->how_.schema, {}));
  writer->how_.schema = [all = &writer->schemas_](Db& db) -> Status {
    for (const auto& schema : *all) {
      if (auto done = schema(db); !done) return done;
    }
    return {};
  };
  writer->opened_ = std::move(opened);
  if (auto started = writer->start_thread(); !started) return std::move(started).error();
  return writer;
}

Result<std::unique_ptr<Writer>> Writer::start(Db db, WriterOptions options) {
  std::unique_ptr<Writer> writer(new Writer(std::move(options)));
  writer->take(std::move(db));
  if (auto started = writer->start_thread(); !started) return std::move(started).error();
  return writer;
}

void Writer::take(Db db) {
  const std::string& path = path_.empty() ? db.path() : path_;
  if (!db.in_memory()) {
    ballast_ = Ballast(path + ".ballast", options_.ballast_bytes);
    const std::int64_t longest = std::max(disk_bytes(path) / 16, kShortestLog);
    options_.truncate_checkpoint_bytes = std::min(options_.truncate_checkpoint_bytes, longest);
    options_.passive_checkpoint_bytes = std::min(options_.passive_checkpoint_bytes, longest / 2);
  }
  next_checkpoint_bytes_ = options_.passive_checkpoint_bytes;
  db_ = std::move(db);
}

void Writer::take_file(Opened file) {
  log_report(file.report, path_);
  take(std::move(file.db));
  standby_ = std::move(file.report.standby);
  standing_by_ = !standby_.empty();
  settled_ = standby_.empty() ? Settled::kNotYet : Settled::kYes;
  frozen_ = false;
  if (file.report.check_due) start_check();
  resume_delay_ = options_.resume_retry;
  next_resume_ = now() + resume_delay_;
}

void Writer::start_check() {
  checker_ = std::make_unique<Checker>(CheckerOptions{.delay = options_.check_delay});
  auto started = checker_->start(path_, [this, of = generation_.load()] { report_damage(of); });
  if (!started) log::warn(kLogScope, "no check", {{"error", started.error().message}});
}

// A reader that is left would keep the log, and have the next start take the stop for a crash.
void Writer::close_file() {
  checker_.reset();
  db_.reset();
}

bool Writer::open_first() {
  Ballast ballast(path_ + ".ballast", options_.ballast_bytes);
  auto file = open_or_stand_by(path_, how_, ballast);
  auto tell = std::exchange(opened_, {});
  if (!file) {
    tell(file.error());
    refuse_all(file.error());
    return false;
  }
  OpenReport report = file->report;
  take_file(std::move(*file));
  tell(std::move(report));
  return true;
}

// A salvage is long and writes much: one that failed is tried again where it has the space.
bool Writer::may_resume() {
  if (now() < next_resume_) return false;
  next_resume_ = now() + options_.resume_retry;
  if (!disk_trouble(path_).empty()) return false;
  return !is_marked_damaged(path_) || has_room_to_salvage(path_);
}

// Leaves the standby where the disk takes something again.
bool Writer::try_to_resume() {
  if (!may_resume()) return false;
  // A connection that reads a log on a read-only disk keeps others from writing it.
  close_file();
  how_.now = wall_now();
  auto file = open_file(path_, how_);
  if (!file) {
    stand_by_again(file.error());
    return false;
  }
  take_file(std::move(*file));
  ++generation_;
  log::warn(kLogScope, "a database is written again", {{"file", path_}});
  return true;
}

void Writer::stand_by_again(const Error& error) {
  if (is_marked_damaged(path_)) {
    resume_delay_ = std::min(2 * resume_delay_, options_.longest_resume_retry);
    next_resume_ = now() + resume_delay_;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(resume_delay_);
    log::error(kLogScope, "a damaged database cannot be saved into a new file yet",
               {{"file", path_},
                {"error", error.message},
                {"free_bytes", std::to_string(free_bytes(path_))},
                {"next_try_seconds", std::to_string(seconds.count())}});
  }
  auto standby = open_standby(path_, how_.schema, RunSchema::kAlways);
  if (!standby) standby = Db::open(":memory:");
  if (standby) db_ = std::move(*standby);
}

// Replaces the file by what can be read of it. False where that is not possible.
bool Writer::repair() {
  damaged_ = false;
  if (db_->in_memory()) return true;
  const bool possible = !path_.empty() && repairs_ < kMostRepairs && standby_.empty();
  if (repairs_ > kMostRepairs) return true;
  ++repairs_;
  log::error(kLogScope,
             possible ? "database is damaged: what can be read of it is saved into a new file"
                      : "database is damaged: it is repaired at the next start",
             {{"file", db_->path()}});
  if (auto marked = mark_damaged(db_->path()); !marked) {
    log::error(kLogScope, "cannot mark it", {{"error", marked.error().message}});
  }
  if (!possible) {
    repairs_ = kMostRepairs + 1;
    return true;
  }
  close_file();
  how_.now = wall_now();
  auto file = open_or_stand_by(path_, how_, ballast_);
  if (!file) {
    log::error(kLogScope, "the damaged database cannot be replaced",
               {{"file", path_}, {"error", file.error().message}});
    ++generation_;
    refuse_all(file.error());
    return false;
  }
  take_file(std::move(*file));
  ++generation_;
  return true;
}

void Writer::report_damage(std::uint32_t generation) {
  auto note = [this, generation](Db&) {
    damaged_ = damaged_ || generation == generation_;
    return Status();
  };
  // Where the queue is full, the next who meets it says so.
  static_cast<void>(submit(std::move(note), [](const Status&) {}));
}

void Writer::add_schema(std::function<Status(Db&)> schema) {
  schemas_.push_back(std::move(schema));
}

// What a writer without a database does until it is finished.
void Writer::refuse_all(const Error& error) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
    auto refused = std::exchange(queue_, {});
    queued_bytes_ = 0;
    lock.unlock();
    for (Entry& entry : refused) entry.done(error);
    lock.lock();
    if (finishing_ && queue_.empty()) break;
  }
  lock.unlock();
  if (closed_) closed_();
}

}  // namespace edge::store
