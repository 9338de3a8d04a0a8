#include "sync/run/row_table.h"

#include <algorithm>
#include <charconv>

#include "sync/run/rows.h"

namespace edge::sync::table {
namespace {

constexpr std::string_view kInsert =
    "INSERT OR REPLACE INTO sync_#(row, id, epoch, seq, lane, gen, lane_from, enqueued, expires,"
    " source, topic, key, type, correlation, attributes, body)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kRemove = "DELETE FROM sync_# WHERE row BETWEEN ? AND ?";
constexpr std::string_view kLoad =
    "SELECT row, id, epoch, seq, lane, gen, lane_from, enqueued, expires, source, topic, key, type,"
    " correlation, attributes, body FROM sync_# WHERE row>? AND row<=? ORDER BY row";
// Of the same parts as size_of(Message).
constexpr std::string_view kCount =
    "SELECT count(*), ifnull(sum(length(CAST(source AS BLOB))+length(CAST(topic AS "
    "BLOB))+length(CAST(key AS BLOB))"
    "+length(CAST(type AS BLOB))+length(CAST(correlation AS BLOB))+length(CAST(attributes AS "
    "BLOB))+length(body)),0),"
    " ifnull(max(row),0) FROM sync_#";
constexpr std::string_view kSurvey =
    "SELECT row, id, lane, gen, length(CAST(source AS BLOB))+length(CAST(topic AS BLOB))"
    "+length(CAST(key AS BLOB))+length(CAST(type AS BLOB))+length(CAST(correlation AS BLOB))"
    "+length(CAST(attributes AS BLOB))+length(body) FROM sync_# ORDER BY row LIMIT ?";
constexpr std::string_view kAddRetag =
    "INSERT INTO sync_retag(class, lane_from, lane_to, gen, upto, kept) VALUES(?,?,?,?,?,?)";
constexpr std::string_view kRetags =
    "SELECT lane_from, lane_to, gen, upto, kept FROM sync_retag WHERE class=? ORDER BY id";
constexpr std::string_view kPruneRetags =
    "DELETE FROM sync_retag WHERE class=?"
    " AND NOT EXISTS (SELECT 1 FROM sync_# WHERE row<=sync_retag.upto)";

std::string to_text(const std::vector<std::int64_t>& rows) {
  std::string text;
  for (const std::int64_t row : rows) text += std::to_string(row) + ' ';
  return text;
}

// Errors: kDataLoss.
Result<std::vector<std::int64_t>> rows_of(std::string_view text) {
  std::vector<std::int64_t> rows;
  while (!text.empty()) {
    std::int64_t row = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ') {
      return Error{Code::kDataLoss, "sync_retag: what a change of lane left out cannot be read"};
    }
    rows.push_back(row);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  return rows;
}

Result<std::vector<RetagRows>> retags_of(store::Db& db, Class cls) {
  std::vector<RetagRows> all;
  const auto take = [&](const store::Statement& row) -> Status {
    auto kept = rows_of(row.text(4));
    if (!kept) return std::move(kept).error();
    all.push_back({.cls = cls,
                   .from = std::string(row.text(0)),
                   .to = lane_at(row, 1),
                   .upto = row.integer(3),
                   .except = std::move(*kept)});
    return {};
  };
  auto read = each_row(db, kRetags, take, static_cast<int>(cls));
  if (!read) return std::move(read).error();
  return all;
}

void apply(const std::vector<RetagRows>& retags, Row& row) {
  for (const RetagRows& how : retags) {
    if (row.row > how.upto || row.lane.id != how.from) continue;
    if (std::ranges::find(how.except, row.row) != how.except.end()) continue;
    row.lane_from = row.lane.id;
    row.lane = how.to;
  }
}

Row row_of(const store::Statement& row, Class cls) {
  Message message{.cls = cls,
                  .source = std::string(row.text(9)),
                  .topic = std::string(row.text(10)),
                  .key = std::string(row.text(11)),
                  .lane = std::nullopt,
                  .type = std::string(row.text(12)),
                  .correlation = std::string(row.text(13)),
                  .attributes = std::string(row.text(14)),
                  .body = std::string(row.text(15))};
  return {.row = row.integer(0),
          .id = std::string(row.text(1)),
          .number = number_at(row, 2),
          .lane = lane_at(row, 4),
          .lane_from = std::string(row.text(6)),
          .enqueued = HubTime(row.integer(7)),
          .expires = HubTime(row.integer(8)),
          .message = std::make_shared<const Message>(std::move(message))};
}

}  // namespace

std::string of_class(Class cls, std::string_view sql) {
  std::string text;
  for (const char c : sql) {
    if (c == '#') {
      text += name_of(cls);
    } else {
      text += c;
    }
  }
  return text;
}

Status insert(store::Db& db, const Row& row) {
  const Message& message = *row.message;
  return db.run(of_class(message.cls, kInsert), row.row, row.id, row.number.epoch, row.number.seq,
                row.lane.id, row.lane.gen, row.lane_from, row.enqueued.count(), row.expires.count(),
                message.source, message.topic, message.key, message.type, message.correlation,
                message.attributes, store::Blob{message.body});
}

Status remove(store::Db& db, Class cls, std::int64_t first, std::int64_t last) {
  return db.run(of_class(cls, kRemove), first, last);
}

Status retag(store::Db& db, const RetagRows& how) {
  if (auto pruned = prune_retags(db, how.cls); !pruned) return pruned;
  return db.run(kAddRetag, static_cast<int>(how.cls), how.from, how.to.id, how.to.gen, how.upto,
                to_text(how.except));
}

Status prune_retags(store::Db& db, Class cls) {
  const auto any = db.integer("SELECT 1 FROM sync_retag LIMIT 1");
  if (!any) return any.error();
  if (!any->has_value()) return {};
  return db.run(of_class(cls, kPruneRetags), static_cast<int>(cls));
}

Result<Loaded> load(store::Db& db, const Load& load) {
  const auto retags = retags_of(db, load.cls);
  if (!retags) return retags.error();
  auto rows = db.query(of_class(load.cls, kLoad), load.after, load.upto);
  if (!rows) return std::move(rows).error();
  std::vector<RowPtr> found;
  std::size_t bytes = 0;
  while (true) {
    const auto more = rows->step();
    if (!more) return more.error();
    if (!*more) return Loaded{.cls = load.cls, .rows = std::move(found), .complete = true};
    if (found.size() == load.max_rows || bytes > load.max_bytes) break;
    auto row = std::make_shared<Row>(row_of(*rows, load.cls));
    apply(*retags, *row);
    bytes += size_of(*row->message);
    found.push_back(std::move(row));
  }
  return Loaded{.cls = load.cls, .rows = std::move(found), .complete = false};
}

Result<Totals> count(store::Db& db, Class cls, std::int64_t last_row) {
  const auto overhead = static_cast<std::int64_t>(size_of(Message{}));
  Totals totals;
  const auto take = [&](const store::Statement& row) -> Status {
    totals = {.rows = row.integer(0),
              .bytes = row.integer(1) + row.integer(0) * overhead,
              .last_row = std::max(row.integer(2), last_row)};
    return {};
  };
  auto read = each_row(db, of_class(cls, kCount), take);
  if (!read) return std::move(read).error();
  return totals;
}

Result<ClassSurvey> survey(store::Db& db, Class cls, std::int64_t limit) {
  const auto retags = retags_of(db, cls);
  if (!retags) return retags.error();
  const auto overhead = static_cast<std::int64_t>(size_of(Message{}));
  ClassSurvey found;
  std::int64_t seen = 0;
  const auto take = [&](const store::Statement& at) -> Status {
    found.complete = seen++ < limit;
    if (!found.complete) return {};
    if (found.oldest_id.empty()) found.oldest_id = at.text(1);
    Row row{.row = at.integer(0), .lane = lane_at(at, 2)};
    apply(*retags, row);
    LaneShare& share = found.lanes[row.lane.id];
    ++share.rows;
    share.bytes += at.integer(4) + overhead;
    return {};
  };
  auto read = each_row(db, of_class(cls, kSurvey), take, limit + 1);
  if (!read) return std::move(read).error();
  return found;
}

}  // namespace edge::sync::table
