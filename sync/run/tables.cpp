#include "sync/run/tables.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edge/store/concat.h"
#include "edge/store/open_file.h"
#include "sync/run/row_table.h"
#include "sync/run/rows.h"
#include "sync/run/stream_index.h"

namespace edge::sync::table {
namespace {

// Step n leads from version n to n + 1. Steps are only ever added at the end. A salvage may leave
// the tables without the row that tells their version.
constexpr std::array<std::string_view, 4> kSteps = {
    "CREATE TABLE IF NOT EXISTS sync_alarm(row INTEGER PRIMARY KEY, id TEXT NOT NULL, epoch "
    "INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, lane TEXT NOT NULL, gen INTEGER NOT NULL, lane_from TEXT NOT NULL,"
    " enqueued INTEGER NOT NULL, expires INTEGER NOT NULL, source TEXT NOT NULL,"
    " topic TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, correlation TEXT NOT NULL,"
    " attributes TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_event(row INTEGER PRIMARY KEY, id TEXT NOT NULL, epoch "
    "INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, lane TEXT NOT NULL, gen INTEGER NOT NULL, lane_from TEXT NOT NULL,"
    " enqueued INTEGER NOT NULL, expires INTEGER NOT NULL, source TEXT NOT NULL,"
    " topic TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, correlation TEXT NOT NULL,"
    " attributes TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_telemetry(row INTEGER PRIMARY KEY, id TEXT NOT NULL, epoch "
    "INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, lane TEXT NOT NULL, gen INTEGER NOT NULL, lane_from TEXT NOT NULL,"
    " enqueued INTEGER NOT NULL, expires INTEGER NOT NULL, source TEXT NOT NULL,"
    " topic TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, correlation TEXT NOT NULL,"
    " attributes TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_totals(class INTEGER PRIMARY KEY, rows INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, last_row INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_stream(class INTEGER NOT NULL, source TEXT NOT NULL, topic "
    "TEXT NOT NULL,"
    " key TEXT NOT NULL, last_row INTEGER NOT NULL, PRIMARY KEY(class, source, topic, key)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sync_indexed(class INTEGER PRIMARY KEY, upto INTEGER NOT NULL) "
    "STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_retag(id INTEGER PRIMARY KEY, class INTEGER NOT NULL,"
    " lane_from TEXT NOT NULL, lane_to TEXT NOT NULL, gen INTEGER NOT NULL, upto INTEGER NOT NULL,"
    " kept TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_gap(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, source "
    "TEXT NOT NULL,"
    " topic TEXT NOT NULL, key TEXT NOT NULL, lane TEXT NOT NULL, gen INTEGER NOT NULL,"
    " first_epoch INTEGER NOT NULL, first INTEGER NOT NULL, last_epoch INTEGER NOT NULL,"
    " last INTEGER NOT NULL, count INTEGER NOT NULL, why INTEGER NOT NULL,"
    " sent INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_meta(id INTEGER PRIMARY KEY CHECK(id=1), epoch INTEGER NOT "
    "NULL,"
    " hub INTEGER NOT NULL, awake INTEGER NOT NULL, wall INTEGER) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_command(number INTEGER PRIMARY KEY, issuer TEXT NOT NULL, id "
    "TEXT NOT NULL,"
    " subject TEXT NOT NULL, reply_to TEXT NOT NULL, lane TEXT NOT NULL, gen INTEGER NOT NULL,"
    " expires INTEGER, idempotent INTEGER NOT NULL, state INTEGER NOT NULL,"
    " received INTEGER NOT NULL, keep_until INTEGER NOT NULL, payload BLOB NOT NULL,"
    " status TEXT NOT NULL, code INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE(issuer, id)) STRICT;"
    "CREATE TABLE IF NOT EXISTS sync_lane(id INTEGER PRIMARY KEY CHECK(id=1), phase INTEGER NOT "
    "NULL,"
    " lane TEXT NOT NULL, gen INTEGER NOT NULL, previous_lane TEXT NOT NULL,"
    " previous_gen INTEGER NOT NULL, pending_lane TEXT NOT NULL, pending_gen INTEGER NOT NULL,"
    " pending_drain INTEGER NOT NULL, pending_drain_limit INTEGER NOT NULL,"
    " pending_probation INTEGER NOT NULL, pending_expires INTEGER,"
    " pending_on_expiry INTEGER NOT NULL, deadline INTEGER NOT NULL,"
    " highest_gen INTEGER NOT NULL, proven INTEGER NOT NULL) STRICT;",
    "CREATE TABLE IF NOT EXISTS sync_left(number INTEGER PRIMARY KEY, lane TEXT NOT NULL,"
    " until INTEGER NOT NULL) STRICT;",
    // What was received with an expiry was kept by hub time, instead of time awake, without limit.
    "UPDATE sync_command SET keep_until=ifnull((SELECT awake FROM sync_meta), 0)"
    " + min(keep_until - received, 31 * 86400000)"
    " WHERE expires IS NOT NULL AND keep_until - received >= 86400000;",
    "CREATE TABLE IF NOT EXISTS sync_lane_end(id INTEGER PRIMARY KEY CHECK(id=1),"
    " status TEXT NOT NULL, detail TEXT NOT NULL) STRICT;"};

// `counted`: the salvage after which the totals were counted, 1 for none; 0: they were not. It may
// have been copied from a damaged file, as well as the totals.
constexpr std::string_view kCreateFile =
    "CREATE TABLE IF NOT EXISTS sync_file(id INTEGER PRIMARY KEY CHECK(id=1),"
    " version INTEGER NOT NULL, counted INTEGER NOT NULL) STRICT";

constexpr std::string_view kPutTotals =
    "INSERT OR REPLACE INTO sync_totals(class, rows, bytes, last_row) VALUES(?,?,?,?)";
constexpr std::string_view kPutGap =
    "INSERT OR REPLACE INTO sync_gap(id, class, source, topic, key, lane, gen, first_epoch, first,"
    " last_epoch, last, count, why, sent) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kGaps =
    "SELECT id, class, source, topic, key, lane, gen, first_epoch, first, last_epoch, last, count,"
    " why, sent FROM sync_gap ORDER BY id";
constexpr std::string_view kPutMeta =
    "INSERT OR REPLACE INTO sync_meta(id, epoch, hub, awake, wall) VALUES(1,?,?,?,?)";
constexpr std::string_view kPutCommand =
    "INSERT INTO sync_command(issuer, id, subject, reply_to, lane, gen, expires, idempotent, state,"
    " received, keep_until, payload, status, code, body) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT(issuer, id) DO UPDATE SET state=excluded.state, keep_until=excluded.keep_until,"
    " payload=excluded.payload, status=excluded.status, code=excluded.code, body=excluded.body";
constexpr std::string_view kCommands =
    "SELECT issuer, id, subject, reply_to, lane, gen, expires, idempotent, state, received,"
    " keep_until, payload FROM sync_command ORDER BY number";
constexpr std::string_view kPutLane =
    "INSERT OR REPLACE INTO sync_lane(id, phase, lane, gen, previous_lane, previous_gen,"
    " pending_lane, pending_gen, pending_drain, pending_drain_limit, pending_probation,"
    " pending_expires, pending_on_expiry, deadline, highest_gen, proven)"
    " VALUES(1,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kLane =
    "SELECT phase, lane, gen, previous_lane, previous_gen, pending_lane, pending_gen,"
    " pending_drain, pending_drain_limit, pending_probation, pending_expires, pending_on_expiry,"
    " deadline, highest_gen, proven FROM sync_lane";

// A number of an enumerator that is beyond the last one becomes the first one.
template <class Enum>
Enum enum_at(const store::Statement& row, int column, Enum last) {
  const std::int64_t number = row.integer(column);
  const bool known = number >= 0 && number <= static_cast<std::int64_t>(last);
  return known ? static_cast<Enum>(number) : Enum{};
}

Status run_steps(store::Db& db) {
  if (auto made = db.run(kCreateFile); !made) return made;
  const auto found = db.integer("SELECT version FROM sync_file");
  if (!found) return found.error();
  const auto version = static_cast<std::size_t>(found->value_or(0));
  if (version > kSteps.size()) {
    return Error{Code::kFailedPrecondition,
                 store::concat(db.path(), ": its sync tables are of version ", version,
                               ", and this program knows versions up to ", kSteps.size(),
                               ": install the program that wrote it, or a later one")};
  }
  if (version == kSteps.size()) return {};
  for (std::size_t next = version; next < kSteps.size(); ++next) {
    if (auto done = db.script(std::string(kSteps[next])); !done) {
      return std::move(done).error().within(store::concat("make the sync tables ", next + 1));
    }
  }
  return db.run(
      "INSERT INTO sync_file(id, version, counted) VALUES(1,?,0)"
      " ON CONFLICT DO UPDATE SET version=excluded.version",
      kSteps.size());
}

// Removals of rows that follow each other, as one.
class Removals {
 public:
  explicit Removals(store::Db& db) : db_(db) {}

  Status add(const RemoveRow& remove) {
    if (count_ > 0 && remove.cls == cls_ && remove.row == first_ + count_) {
      ++count_;
      return {};
    }
    auto done = flush();
    cls_ = remove.cls;
    first_ = remove.row;
    count_ = 1;
    return done;
  }
  Status flush() {
    if (count_ == 0) return {};
    return remove(db_, cls_, first_, first_ + std::exchange(count_, 0) - 1);
  }

 private:
  store::Db& db_;
  Class cls_ = Class::kAlarm;
  std::int64_t first_ = 0;
  std::int64_t count_ = 0;
};

class Writing {
 public:
  explicit Writing(store::Db& db) : db_(db) {}

  Status operator()(const InsertRow& write) { return insert(db_, *write.row); }
  Status operator()(const RemoveRow& write) { return remove(db_, write.cls, write.row, write.row); }
  Status operator()(const RetagRows& write) { return retag(db_, write); }
  Status operator()(const PutTotals& write) {
    const Totals& totals = write.totals;
    auto done = db_.run(kPutTotals, static_cast<int>(write.cls), totals.rows, totals.bytes,
                        totals.last_row);
    return done ? follow(db_, write.cls, totals.last_row) : std::move(done);
  }
  Status operator()(const PutGap& write) {
    const Gap& gap = write.gap;
    const StreamName& stream = gap.stream;
    return db_.run(kPutGap, gap.id, static_cast<int>(stream.cls), stream.source, stream.topic,
                   stream.key, gap.lane.id, gap.lane.gen, gap.first.epoch, gap.first.seq,
                   gap.last.epoch, gap.last.seq, gap.count, static_cast<int>(gap.why), gap.sent);
  }
  Status operator()(const RemoveGap& write) {
    return db_.run("DELETE FROM sync_gap WHERE id=?", write.id);
  }
  Status operator()(const PutMeta& write) {
    const ClockMark& clock = write.meta.clock;
    return db_.run(kPutMeta, write.meta.epoch, clock.hub.count(), clock.awake.count(),
                   to_column(clock.wall));
  }
  Status operator()(const PutCommand& write) {
    const InboxRow& row = write.row;
    const Command& command = row.command;
    return db_.run(kPutCommand, command.issuer, command.id, command.subject, command.reply_to,
                   command.lane.id, command.lane.gen, to_column(command.expires),
                   command.idempotent, static_cast<int>(row.state), row.received.count(),
                   row.keep_until.count(), store::Blob{command.payload}, row.reply.status,
                   row.reply.code, store::Blob{row.reply.body});
  }
  Status operator()(const RemoveCommand& write) {
    return db_.run("DELETE FROM sync_command WHERE issuer=? AND id=?", write.issuer, write.id);
  }
  Status operator()(const PutLane& write) {
    const LaneState& state = write.state;
    const Assignment& pending = state.pending;
    auto done = db_.run("DELETE FROM sync_left");
    for (const LeftLane& one : state.left) {
      if (!done) return done;
      done = db_.run("INSERT INTO sync_left(lane, until) VALUES(?,?)", one.lane, one.until.count());
    }
    if (done) {
      done = db_.run("INSERT OR REPLACE INTO sync_lane_end(id, status, detail) VALUES(1,?,?)",
                     state.end.status, state.end.detail);
    }
    if (!done) return done;
    return db_.run(kPutLane, static_cast<int>(state.phase), state.lane.id, state.lane.gen,
                   state.previous.id, state.previous.gen, pending.lane.id, pending.lane.gen,
                   static_cast<int>(pending.drain), pending.drain_limit.count(),
                   pending.probation.count(), to_column(pending.expires),
                   static_cast<int>(pending.on_expiry), state.deadline.count(), state.highest_gen,
                   state.proven);
  }

 private:
  store::Db& db_;
};

Gap gap_of(const store::Statement& row) {
  return {.id = row.integer(0),
          .stream = {enum_at(row, 1, Class::kTelemetry), std::string(row.text(2)),
                     std::string(row.text(3)), std::string(row.text(4))},
          .lane = lane_at(row, 5),
          .first = number_at(row, 7),
          .last = number_at(row, 9),
          .count = static_cast<std::uint64_t>(row.integer(11)),
          .why = enum_at(row, 12, Loss::kUnsendable),
          .sent = row.integer(13) != 0};
}

InboxRow command_of(const store::Statement& row) {
  return {.command = {.id = std::string(row.text(1)),
                      .issuer = std::string(row.text(0)),
                      .subject = std::string(row.text(2)),
                      .reply_to = std::string(row.text(3)),
                      .payload = std::string(row.text(11)),
                      .lane = lane_at(row, 4),
                      .expires = wall_at(row, 6),
                      .idempotent = row.integer(7) != 0},
          .state = enum_at(row, 8, CommandState::kDone),
          .received = span_at(row, 9),
          .keep_until = span_at(row, 10),
          .reply = {}};
}

LaneState lane_of(const store::Statement& row) {
  return {.phase = enum_at(row, 0, LanePhase::kProbation),
          .lane = lane_at(row, 1),
          .previous = lane_at(row, 3),
          .pending = {.lane = lane_at(row, 5),
                      .drain = enum_at(row, 7, DrainMode::kRetag),
                      .drain_limit = span_at(row, 8),
                      .probation = span_at(row, 9),
                      .expires = wall_at(row, 10),
                      .on_expiry = enum_at(row, 11, OnExpiry::kBase)},
          .deadline = span_at(row, 12),
          .highest_gen = static_cast<std::uint64_t>(row.integer(13)),
          .proven = row.integer(14) != 0,
          .left = {},
          .end = {}};
}

Status read_totals(store::Db& db, Stored& all) {
  return each_row(
      db, "SELECT class, rows, bytes, last_row FROM sync_totals WHERE class BETWEEN 0 AND 2",
      [&](const store::Statement& row) -> Status {
        all.totals[static_cast<std::size_t>(row.integer(0))] = {row.integer(1), row.integer(2),
                                                                row.integer(3)};
        return {};
      });
}

Status read_rest(store::Db& db, Stored& all) {
  auto done = each_row(db, "SELECT epoch, hub, awake, wall FROM sync_meta",
                       [&](const store::Statement& row) -> Status {
                         all.meta = {.epoch = static_cast<std::uint32_t>(row.integer(0)),
                                     .clock = {span_at(row, 1), span_at(row, 2), wall_at(row, 3)}};
                         return {};
                       });
  if (done) {
    done = each_row(db, kGaps, [&](const store::Statement& row) -> Status {
      all.gaps.push_back(gap_of(row));
      return {};
    });
  }
  if (done) {
    done = each_row(db, kCommands, [&](const store::Statement& row) -> Status {
      all.inbox.push_back(command_of(row));
      return {};
    });
  }
  if (!done) return done;
  done = each_row(db, kLane, [&](const store::Statement& row) -> Status {
    all.lane = lane_of(row);
    return {};
  });
  if (done) {
    done = each_row(db, "SELECT status, detail FROM sync_lane_end",
                    [&](const store::Statement& row) -> Status {
                      all.lane.end = {std::string(row.text(0)), std::string(row.text(1))};
                      return {};
                    });
  }
  if (!done) return done;
  return each_row(db, "SELECT lane, until FROM sync_left ORDER BY number",
                  [&](const store::Statement& row) -> Status {
                    all.lane.left.push_back({std::string(row.text(0)), span_at(row, 1)});
                    return {};
                  });
}

Status count_totals(store::Db& db, Stored& all) {
  const auto counted = db.integer("SELECT counted FROM sync_file");
  if (!counted) return counted.error();
  const auto salvage = store::salvage_number(db);
  if (!salvage) return salvage.error();
  const std::int64_t right = std::max<std::int64_t>(*salvage, 1);
  if (counted->value_or(0) == right) return {};
  if (auto forgotten = forget_index(db); !forgotten) return forgotten;
  for (const Class cls : kAllClasses) {
    Totals& totals = all.totals[index_of(cls)];
    const auto found = count(db, cls, totals.last_row);
    if (!found) return found.error();
    totals = *found;
    if (auto put = Writing(db)(PutTotals{cls, totals}); !put) return put;
    if (auto pruned = prune_retags(db, cls); !pruned) return pruned;
  }
  return db.run("UPDATE sync_file SET counted=?", right);
}

}  // namespace

Status create(store::Db& db) {
  if (auto begun = db.script("SAVEPOINT sync_tables"); !begun) return begun;
  auto done = run_steps(db);
  if (!done) {
    if (auto undone = db.script("ROLLBACK TO sync_tables"); !undone) return undone;
  }
  auto ended = db.script("RELEASE sync_tables");
  return done ? std::move(ended) : std::move(done);
}

Result<Stored> read_all(store::Db& db) {
  Stored all;
  auto done = read_totals(db, all);
  if (done) done = count_totals(db, all);
  if (done) done = read_rest(db, all);
  if (!done) return std::move(done).error();
  return all;
}

Status apply(store::Db& db, const std::vector<Write>& writes) {
  Removals removals(db);
  Writing writing(db);
  for (const Write& write : writes) {
    const auto* removal = std::get_if<RemoveRow>(&write);
    auto done = removal != nullptr ? removals.add(*removal) : removals.flush();
    if (done && removal == nullptr) done = std::visit(writing, write);
    if (!done) return done;
  }
  return removals.flush();
}

Result<Reply> reply_of(store::Db& db, const std::string& issuer, const std::string& id) {
  std::optional<Reply> reply;
  const auto take = [&](const store::Statement& row) -> Status {
    reply = {std::string(row.text(0)), static_cast<int>(row.integer(1)), std::string(row.text(2))};
    return {};
  };
  auto read = each_row(
      db, "SELECT status, code, body FROM sync_command WHERE issuer=? AND id=? AND state=?", take,
      issuer, id, static_cast<int>(CommandState::kDone));
  if (!read) return std::move(read).error();
  if (!reply) return Error{Code::kNotFound, "the command " + id + " has no reply"};
  return std::move(*reply);
}

}  // namespace edge::sync::table
