#include "components/pubsub/queue_table.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"

namespace edge::pubsub::queue {
namespace {

constexpr int kSeqBits = 40;
constexpr std::int64_t kSeqMask = (std::int64_t{1} << kSeqBits) - 1;

constexpr std::string_view kCreateTopics =
    "CREATE TABLE IF NOT EXISTS pubsub_topics("
    "id INTEGER PRIMARY KEY, component TEXT NOT NULL, name TEXT NOT NULL,"
    " last INTEGER NOT NULL DEFAULT 0, UNIQUE(component, name)) STRICT";
constexpr std::string_view kCreateCursors =
    "CREATE TABLE IF NOT EXISTS pubsub_cursors("
    "id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, app TEXT NOT NULL, position INTEGER NOT NULL,"
    " open TEXT NOT NULL, seen INTEGER NOT NULL, UNIQUE(topic, app)) STRICT";
constexpr std::string_view kCreateMessages =
    "CREATE TABLE IF NOT EXISTS pubsub_messages("
    "id INTEGER PRIMARY KEY, time INTEGER NOT NULL, expires INTEGER, total INTEGER NOT NULL,"
    " key TEXT, metadata TEXT, data BLOB NOT NULL) STRICT";

constexpr std::string_view kTopics =
    "SELECT id, name, last, (SELECT max(id) FROM pubsub_messages"
    " WHERE id BETWEEN t.id << 40 AND (t.id + 1 << 40) - 1) FROM pubsub_topics t"
    " WHERE component=?";
constexpr std::string_view kTotal = "SELECT total FROM pubsub_messages WHERE id=?";
constexpr std::string_view kCursors =
    "SELECT c.id, c.topic, c.app, c.position, c.open, c.seen FROM pubsub_cursors c"
    " JOIN pubsub_topics t ON t.id=c.topic WHERE t.component=?";
// The number is beyond those of all messages: after damage, some may be left whose topic is not.
constexpr std::string_view kAddTopic =
    "INSERT INTO pubsub_topics(id, component, name) SELECT 1 + max("
    "coalesce((SELECT max(id) FROM pubsub_topics), 0),"
    " coalesce((SELECT max(id) >> 40 FROM pubsub_messages), 0)), ?, ? WHERE true"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kTopicId = "SELECT id FROM pubsub_topics WHERE component=? AND name=?";
constexpr std::string_view kAddCursor =
    "INSERT INTO pubsub_cursors(topic, app, position, open, seen) VALUES(?,?,?,'',?)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kCursor =
    "SELECT id, topic, app, position, open, seen FROM pubsub_cursors WHERE topic=? AND app=?";
constexpr std::string_view kSaveCursor =
    "INSERT INTO pubsub_cursors(id, topic, app, position, open, seen) VALUES(?,?,?,?,?,?)"
    " ON CONFLICT DO UPDATE SET position=excluded.position, open=excluded.open, seen=excluded.seen";
constexpr std::string_view kPutTopic =
    "INSERT INTO pubsub_topics(id, component, name, last) VALUES(?,?,?,?) ON CONFLICT DO NOTHING";
constexpr std::string_view kRemoveCursor = "DELETE FROM pubsub_cursors WHERE id=?";
constexpr std::string_view kInsert =
    "INSERT INTO pubsub_messages(id, time, expires, total, key, metadata, data)"
    " VALUES(?,?,?,?,?,?,?)";
constexpr std::string_view kHeads =
    "SELECT id, key FROM pubsub_messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?";
constexpr std::string_view kRead =
    "SELECT time, expires, total, key, metadata, data FROM pubsub_messages WHERE id=?";
constexpr std::string_view kOldest =
    "SELECT id, time, total FROM pubsub_messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?";
constexpr std::string_view kRemove = "DELETE FROM pubsub_messages WHERE id BETWEEN ? AND ?";
constexpr std::string_view kNoteLast = "UPDATE pubsub_topics SET last=?2 WHERE id=?1 AND last<?2";

std::int64_t row_id(std::int64_t topic, std::int64_t seq) noexcept {
  return topic << kSeqBits | seq;
}

std::optional<std::string> optional_text(const store::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.text(column));
}
std::optional<std::int64_t> optional_integer(const store::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

// One whose open messages are not known begins again: what is still there is delivered once more.
CursorRow cursor_of(const store::Statement& row) {
  CursorRow cursor{.id = row.integer(0),
                   .topic = row.integer(1),
                   .app = std::string(row.text(2)),
                   .seen = row.integer(5)};
  auto open = numbers_of(row.text(4));
  if (open) {
    cursor.state = {row.integer(3), std::move(*open)};
  } else {
    log::error("edge.pubsub.sqlite", "where an app stands is not known: it gets again what is kept",
               {{"app", cursor.app}});
  }
  return cursor;
}

bool is_kept(std::int64_t seq, std::int64_t time, std::int64_t total, const Limits& limits) {
  return seq >= limits.seq && total > limits.total && (time >= limits.time || time < kClockIsSet);
}

// Deletes from row id `from` to `to` as long as `goes` says so.
template <class Goes>
Result<Dropped> drop_while(store::Db& db, std::int64_t from, std::int64_t to, Most most,
                           Goes goes) {
  Dropped dropped;
  std::int64_t last = 0;
  std::int64_t total = 0;
  {
    auto row = db.query(kOldest, from, to, most.rows);
    if (!row) return std::move(row).error();
    while (dropped.bytes < most.bytes) {
      const auto found = row->step();
      if (!found) return found.error();
      if (!*found || !goes(*row)) break;
      // How long the first one is, its own total does not say.
      if (dropped.count > 0) dropped.bytes += row->integer(2) - total;
      total = row->integer(2);
      last = row->integer(0);
      ++dropped.count;
    }
  }
  if (dropped.count == 0) return dropped;
  dropped.end = (last & kSeqMask) + 1;
  auto done = db.run(kRemove, from, last);
  if (!done) return std::move(done).error();
  return dropped;
}

}  // namespace

Status create(store::Db& db) {
  auto done = db.run(kCreateTopics);
  if (done) done = db.run(kCreateCursors);
  if (done) done = db.run(kCreateMessages);
  return done;
}

Result<std::vector<TopicRow>> topics(store::Db& db, const std::string& component) {
  std::vector<TopicRow> rows;
  auto row = db.query(kTopics, component);
  if (!row) return std::move(row).error();
  while (true) {
    const auto found = row->step();
    if (!found) return found.error();
    if (!*found) return rows;
    TopicRow topic{
        .id = row->integer(0), .name = std::string(row->text(1)), .last = row->integer(2)};
    if (!row->is_null(3)) {
      const auto total = db.integer(kTotal, row->integer(3));
      if (!total) return total.error();
      topic.total = total->value_or(0);
      topic.last = std::max(topic.last, row->integer(3) & kSeqMask);
    }
    rows.push_back(std::move(topic));
  }
}

Result<std::vector<CursorRow>> cursors(store::Db& db, const std::string& component) {
  std::vector<CursorRow> rows;
  auto row = db.query(kCursors, component);
  if (!row) return std::move(row).error();
  while (true) {
    const auto found = row->step();
    if (!found) return found.error();
    if (!*found) return rows;
    rows.push_back(cursor_of(*row));
  }
}

Result<CursorRow> add_cursor(store::Db& db, const std::string& component, const std::string& topic,
                             const CursorRow& row) {
  if (auto added = db.run(kAddTopic, component, topic); !added) return std::move(added).error();
  const auto id = db.integer(kTopicId, component, topic);
  if (!id) return id.error();
  const std::int64_t topic_id = id->value_or(0);
  auto added = db.run(kAddCursor, topic_id, row.app, row.state.position, row.seen);
  if (!added) return std::move(added).error();
  auto statement = db.query(kCursor, topic_id, row.app);
  if (!statement) return std::move(statement).error();
  const auto found = statement->step();
  if (!found) return found.error();
  if (!*found) return Error{Code::kInternal, "the cursor is gone again"};
  return cursor_of(*statement);
}

Status save_cursor(store::Db& db, const CursorRow& row) {
  return db.run(kSaveCursor, row.id, row.topic, row.app, row.state.position,
                to_text(row.state.open), row.seen);
}

Status remove_cursor(store::Db& db, std::int64_t id) {
  return db.run(kRemoveCursor, id);
}

Status insert(store::Db& db, const MessageRow& row) {
  return db.run(kInsert, row_id(row.topic, row.seq), row.time, row.expires, row.total, row.key,
                row.metadata, store::Blob{row.data});
}

Result<std::vector<Head>> heads(store::Db& db, std::int64_t topic, std::int64_t from,
                                std::int64_t to, std::size_t limit) {
  std::vector<Head> rows;
  auto row = db.query(kHeads, row_id(topic, from), row_id(topic, to), limit);
  if (!row) return std::move(row).error();
  while (true) {
    const auto found = row->step();
    if (!found) return found.error();
    if (!*found) return rows;
    rows.push_back({row->integer(0) & kSeqMask, std::string(row->text(1))});
  }
}

Result<std::optional<MessageRow>> read(store::Db& db, std::int64_t topic, std::int64_t seq) {
  auto row = db.query(kRead, row_id(topic, seq));
  if (!row) return std::move(row).error();
  const auto found = row->step();
  if (!found) return found.error();
  if (!*found) return std::optional<MessageRow>();
  return std::optional(MessageRow{.topic = topic,
                                  .seq = seq,
                                  .time = row->integer(0),
                                  .expires = optional_integer(*row, 1),
                                  .total = row->integer(2),
                                  .key = optional_text(*row, 3),
                                  .metadata = optional_text(*row, 4),
                                  .data = std::string(row->text(5))});
}

Result<Dropped> drop_old(store::Db& db, std::int64_t topic, const Limits& limits, Most most) {
  return drop_while(
      db, row_id(topic, 0), row_id(topic, kSeqMask), most, [&limits](const store::Statement& row) {
        return !is_kept(row.integer(0) & kSeqMask, row.integer(1), row.integer(2), limits);
      });
}

Result<Dropped> remove(store::Db& db, std::int64_t topic, std::int64_t from, std::int64_t to,
                       Most most) {
  if (from > to || most.used_up()) return Dropped();
  return drop_while(db, row_id(topic, from), row_id(topic, to), most,
                    [](const store::Statement&) { return true; });
}

Status put_topic(store::Db& db, const std::string& component, const TopicRow& row) {
  return db.run(kPutTopic, row.id, component, row.name, row.last);
}

Status note_last(store::Db& db, std::int64_t topic, std::int64_t last) {
  return db.run(kNoteLast, topic, last);
}

}  // namespace edge::pubsub::queue
