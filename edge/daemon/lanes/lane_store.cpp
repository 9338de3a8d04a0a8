#include "edge/daemon/lanes/lane_store.h"

#include <memory>

#include "components/store_call.h"
#include "edge/store/rows.h"

namespace edge::daemon {
namespace {

using blocks::LaneChange;
using blocks::LaneDrain;
using policy::LaneId;

constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS lane_change("
    " number INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, lane TEXT NOT NULL,"
    " before TEXT NOT NULL, note TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS lane_retag(number INTEGER PRIMARY KEY) STRICT";

LaneId lane_of(std::string_view text) {
  return LaneId::parse(text).value_or(LaneId());
}

LaneChange change_of(const store::Statement& row) {
  LaneChange change;
  change.number = static_cast<std::uint64_t>(row.integer(0));
  change.time = WallTime(std::chrono::milliseconds(row.integer(1)));
  change.lane = lane_of(row.text(2));
  change.before = lane_of(row.text(3));
  change.note = row.text(4);
  if (row.integer(5) != 0) change.drain = LaneDrain::kRetag;
  return change;
}

// The tables are made with the first change: a start has nothing to write. Files of earlier
// versions have the first one only.
Result<std::int64_t> count_tables(store::Db& db) {
  const auto found =
      db.integer("SELECT count(*) FROM sqlite_master WHERE name IN ('lane_change', 'lane_retag')");
  if (!found) return found.error();
  return found->value_or(0);
}

constexpr std::string_view kChanges =
    "SELECT number,time_ms,lane,before,note,number IN (SELECT number FROM lane_retag)"
    " FROM lane_change ORDER BY number DESC LIMIT ?";
constexpr std::string_view kChangesOfEarlier =
    "SELECT number,time_ms,lane,before,note,0 FROM lane_change ORDER BY number DESC LIMIT ?";

Result<std::vector<LaneChange>> read_changes(store::Db& db, std::int64_t limit) {
  const auto tables = count_tables(db);
  if (!tables) return tables.error();
  std::vector<LaneChange> changes;
  if (*tables == 0) return changes;
  auto read = store::each_row(
      db, *tables == 2 ? kChanges : kChangesOfEarlier,
      [&changes](const store::Statement& row) { changes.push_back(change_of(row)); }, limit);
  if (!read) return std::move(read).error();
  return changes;
}

// The last change; none is one to the baseline.
Result<LaneChange> last_change(store::Db& db) {
  auto changes = read_changes(db, 1);
  if (!changes) return std::move(changes).error();
  return changes->empty() ? LaneChange() : std::move(changes->front());
}

Result<LaneChange> write_change(store::Db& db, LaneChange change) {
  auto last = last_change(db);
  if (!last || last->lane == change.lane) return last;
  if (auto made = db.script(kCreate); !made) return std::move(made).error();
  change.number = last->number + 1;
  change.before = last->lane;
  const auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(change.time.time_since_epoch());
  auto done =
      db.run("INSERT INTO lane_change(number,time_ms,lane,before,note) VALUES(?,?,?,?,?)",
             change.number, time.count(), change.lane.view(), change.before.view(), change.note);
  if (done && change.drain == LaneDrain::kRetag) {
    done = db.run("INSERT INTO lane_retag(number) VALUES(?)", change.number);
  }
  const auto oldest = static_cast<std::int64_t>(change.number) - LaneStore::kMostChanges;
  if (done) done = db.run("DELETE FROM lane_change WHERE number<=?", oldest);
  if (done) done = db.run("DELETE FROM lane_retag WHERE number<=?", oldest);
  if (!done) return std::move(done).error();
  return change;
}

components::Context context_of(Loop& loop, store::OpenFiles& files) {
  return {"lanes", {}, loop, files, ""};
}

}  // namespace

LaneStore::LaneStore(Loop& loop, store::OpenFiles& files, blocks::Lanes& lanes, std::string path)
    : loop_(loop),
      lanes_(lanes),
      path_(std::move(path)),
      database_(context_of(loop, files)),
      opening_(loop, 1) {}

Task<Status> LaneStore::open(Ctx ctx) {
  if (is_open_) co_return Status();
  auto turn = co_await opening_.acquire(ctx);
  if (!turn) co_return turn.error();
  Status opened;
  if (!is_open_) opened = co_await open_file(ctx);
  opening_.release();
  if (!opened) co_return opened.error().within("the hub's lane");
  co_return Status();
}

Task<Status> LaneStore::open_file(Ctx ctx) {
  auto last = std::make_shared<components::Found<LaneChange>>();
  components::DatabaseOptions file;
  file.path = path_;
  file.reading = components::Reading::kWriterOnly;
  file.writer.name = "lanes";
  file.how.schema = [last](store::Db& db) -> Status {
    auto read = last_change(db);
    if (!read) return std::move(read).error();
    last->put(std::move(*read));
    return {};
  };
  auto opened = co_await database_.open(ctx, std::move(file));
  is_open_ = opened.has_value();
  if (is_open_) lanes_.assign(last->take().lane);
  co_return opened;
}

// Once it has begun, the caller's going away changes nothing: memory follows the disk.
Task<Result<LaneChange>> LaneStore::assign(Ctx ctx, blocks::LaneWish wish) {
  auto opened = co_await open(ctx);
  if (!opened) co_return opened.error();
  LaneChange wanted;
  wanted.time = loop_.wall_now();
  wanted.lane = wish.lane;
  wanted.note = std::move(wish.note);
  wanted.drain = wish.drain;
  auto write = [wanted](store::Db& db) { return write_change(db, wanted); };
  auto written = co_await components::store_call<LaneChange>(&loop_, Ctx::background(),
                                                             database_.writer(), std::move(write));
  if (!written) co_return written;
  lanes_.assign(written->lane);
  tell_assigned();
  co_return written;
}

Task<Result<std::vector<LaneChange>>> LaneStore::history(Ctx ctx, std::size_t limit) {
  auto opened = co_await open(ctx);
  if (!opened) co_return opened.error();
  auto read = [limit](store::Db& db) { return read_changes(db, static_cast<std::int64_t>(limit)); };
  co_return co_await components::store_call<std::vector<LaneChange>>(
      &loop_, ctx, database_.writer(), std::move(read));
}

}  // namespace edge::daemon
