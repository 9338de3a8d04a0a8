#include "sync/run/stream_index.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "sync/run/row_table.h"
#include "sync/run/rows.h"

namespace edge::sync::table {
namespace {

// So many messages at most are read at a start.
constexpr std::int64_t kDelay = 4096;

constexpr std::string_view kUpto = "SELECT upto FROM sync_indexed WHERE class=?";
constexpr std::string_view kPutUpto =
    "INSERT OR REPLACE INTO sync_indexed(class, upto) VALUES(?,?)";
constexpr std::string_view kRows =
    "SELECT row, source, topic, key FROM sync_# WHERE row>? AND row<=? ORDER BY row";
constexpr std::string_view kStreams =
    "SELECT last_row, source, topic, key FROM sync_stream WHERE class=? AND last_row<=?";
constexpr std::string_view kPutStream =
    "INSERT OR REPLACE INTO sync_stream(class, source, topic, key, last_row) VALUES(?,?,?,?,?)";
constexpr std::string_view kPrune =
    "DELETE FROM sync_stream WHERE class=?"
    " AND last_row<ifnull((SELECT min(row) FROM sync_#),last_row+1)";

// The last row of each stream.
class StreamFinder {
 public:
  StreamFinder(Class cls, std::size_t limit) : cls_(cls), limit_(limit) {}

  Status add(const store::Statement& row) {
    StreamName name{cls_, std::string(row.text(1)), std::string(row.text(2)),
                    std::string(row.text(3))};
    auto [at, is_new] = places_.try_emplace(sync::to_text(name), found_.size());
    if (is_new && found_.size() == limit_) {
      return Error{Code::kResourceExhausted,
                   "there are more than " + std::to_string(limit_) + " streams"};
    }
    if (is_new) found_.push_back({std::move(name), 0});
    auto& last = found_[at->second].last_row;
    last = std::max(last, row.integer(0));
    return {};
  }
  std::vector<Scanned::Stream> take() noexcept { return std::move(found_); }

 private:
  Class cls_;
  std::size_t limit_;
  std::vector<Scanned::Stream> found_;
  std::unordered_map<std::string, std::size_t> places_;
};

Result<std::int64_t> indexed_to(store::Db& db, Class cls) {
  const auto upto = db.integer(kUpto, static_cast<int>(cls));
  if (!upto) return upto.error();
  return upto->value_or(0);
}

}  // namespace

Status follow(store::Db& db, Class cls, std::int64_t last_row) {
  const auto upto = indexed_to(db, cls);
  if (!upto) return upto.error();
  if (last_row - *upto < kDelay) return {};
  StreamFinder streams(cls, std::numeric_limits<std::size_t>::max());
  const auto take = [&](const store::Statement& row) { return streams.add(row); };
  auto done = each_row(db, of_class(cls, kRows), take, *upto, last_row);
  if (!done) return done;
  for (const auto& [name, row] : streams.take()) {
    done = db.run(kPutStream, static_cast<int>(cls), name.source, name.topic, name.key, row);
    if (!done) return done;
  }
  done = db.run(of_class(cls, kPrune), static_cast<int>(cls));
  if (!done) return done;
  return db.run(kPutUpto, static_cast<int>(cls), last_row);
}

Result<Scanned> scan(store::Db& db, const Scan& scan) {
  const auto upto = indexed_to(db, scan.cls);
  if (!upto) return upto.error();
  StreamFinder streams(scan.cls, scan.max_streams);
  const auto take = [&](const store::Statement& row) { return streams.add(row); };
  auto read = each_row(db, kStreams, take, static_cast<int>(scan.cls), scan.upto);
  if (read) read = each_row(db, of_class(scan.cls, kRows), take, *upto, scan.upto);
  if (!read) return std::move(read).error();
  return Scanned{.cls = scan.cls, .streams = streams.take()};
}

Status forget_index(store::Db& db) {
  auto done = db.run("DELETE FROM sync_stream");
  if (done) done = db.run("DELETE FROM sync_indexed");
  return done;
}

}  // namespace edge::sync::table
