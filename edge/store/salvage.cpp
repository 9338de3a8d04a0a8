#include "edge/store/salvage.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "edge/store/concat.h"

namespace edge::store {
namespace {

constexpr std::int64_t kLastRowid = std::numeric_limits<std::int64_t>::max();
// A gap up to this width is probed row by row: some rows of a damaged page may be sound.
constexpr std::int64_t kProbedGap = 1 << 16;
// More rows than a page holds, one after the other: nothing there can be read.
constexpr int kMostFailures = 4096;
// Rows of one transaction: the log stays small on a disk that may be small.
constexpr std::int64_t kRowsPerCommit = 4096;

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

struct Table {
  std::string name;
  bool has_rowid = true;
  std::string columns;           // quoted, with commas; those that both databases have
  std::vector<std::string> key;  // quoted, of a table without rowid
  int width = 0;
};

// Whether a row is not fit for its table, which says nothing of the next one: OR IGNORE leaves a
// wrong type in a STRICT table an error.
bool is_refusal(const Error& error) {
  return error.code == Code::kInvalidArgument || error.code == Code::kAlreadyExists;
}

// Tells that the work goes on, at the first call and then every few seconds.
class Pulse {
 public:
  explicit Pulse(const std::function<void()>& progress) : progress_(progress) {}
  void beat() {
    const auto now = std::chrono::steady_clock::now();
    if (!progress_ || now < next_) return;
    next_ = now + kEvery;
    progress_();
  }

 private:
  static constexpr std::chrono::seconds kEvery{5};
  const std::function<void()>& progress_;
  std::chrono::steady_clock::time_point next_;
};

class Copier {
 public:
  Copier(Db& source, Db& target, Pulse& pulse, Table table)
      : source_(source), target_(target), pulse_(pulse), table_(std::move(table)) {
    std::string marks = "?";
    for (int i = 1; i < table_.width; ++i) marks += ",?";
    insert_ = concat("INSERT OR IGNORE INTO ", quoted(table_.name), "(", table_.columns,
                     ") VALUES(", marks, ")");
  }

  Result<SalvagedTable> run() {
    auto done = target_.run("BEGIN IMMEDIATE");
    if (done) done = table_.has_rowid ? along_rowid() : from_both_ends();
    if (done) done = target_.run("COMMIT");
    if (!done) return done.error();
    return SalvagedTable{table_.name, rows_, gaps_};
  }

 private:
  // Copies rows until the end (true) or until one cannot be read (false).
  Result<bool> copy_rows(Statement& rows) {
    while (true) {
      const auto row = rows.step();
      if (!row) return false;
      if (!*row) return true;
      if (auto done = insert(rows); !done) return std::move(done).error();
      last_ = rows.integer(0);
      found_ = true;
    }
  }

  Status insert(const Statement& row) {
    pulse_.beat();
    const auto taken = put(row);
    if (!taken && !is_refusal(taken.error())) return taken.error();
    if (!taken) {
      ++gaps_;
      return {};
    }
    rows_ += *taken;
    return *taken > 0 && rows_ % kRowsPerCommit == 0 ? commit_part() : Status();
  }

  // Gives how many rows are new.
  Result<std::int64_t> put(const Statement& row) {
    auto statement = target_.query(insert_);
    if (!statement) return std::move(statement).error();
    for (int i = 0; i < table_.width; ++i) statement->bind_column(i + 1, row, i + 1);
    if (auto done = statement->finish(); !done) return std::move(done).error();
    return target_.changes();
  }

  Status commit_part() {
    auto done = target_.run("COMMIT");
    if (done) done = target_.checkpoint(Db::Checkpoint::kTruncate);
    if (done) done = target_.run("BEGIN IMMEDIATE");
    return done;
  }

  std::string select(std::string_view rest) const {
    return concat("SELECT rowid,", table_.columns, " FROM ", quoted(table_.name), " NOT INDEXED ",
                  rest);
  }

  Status along_rowid() {
    std::int64_t from = std::numeric_limits<std::int64_t>::min();
    while (true) {
      found_ = false;
      const auto complete = copy_from(from);
      if (!complete) return complete.error();
      if (*complete) return {};
      ++gaps_;
      const std::int64_t lost = found_ ? last_ + 1 : from;
      const auto next = next_readable(lost);
      if (auto done = probe(lost, next); !done) return done;
      if (!next) return {};
      from = *next;
    }
  }

  Result<bool> copy_from(std::int64_t rowid) {
    auto rows = source_.query(select("WHERE rowid>=? ORDER BY rowid"), rowid);
    if (!rows) return false;
    return copy_rows(*rows);
  }

  // The first rowid from which reading works again, after `lost`: by doubling steps, then by
  // halving them.
  std::optional<std::int64_t> next_readable(std::int64_t lost) {
    if (lost < 0 && readable_from(0)) return first_between(lost, 0);
    std::int64_t below = lost < 0 ? 0 : lost;
    for (std::int64_t step = 1; step <= kLastRowid / 2 && below <= kLastRowid - step; step *= 2) {
      if (readable_from(below + step)) return first_between(below, below + step);
      below += step;
    }
    return std::nullopt;
  }

  std::int64_t first_between(std::int64_t unreadable, std::int64_t readable) {
    while (unreadable + 1 < readable) {
      const std::int64_t middle = std::midpoint(unreadable, readable);
      (readable_from(middle) ? readable : unreadable) = middle;
    }
    return readable;
  }

  bool readable_from(std::int64_t rowid) {
    pulse_.beat();
    auto rows = source_.query(select("WHERE rowid>=? ORDER BY rowid LIMIT 1"), rowid);
    return rows && rows->step().has_value();
  }

  // Looks up the rows of a gap one by one: those nearest to its end, or to its start where it
  // has no end.
  Status probe(std::int64_t lost, std::optional<std::int64_t> next) {
    std::int64_t from = lost < 0 ? 0 : lost;
    const std::int64_t end = next.value_or(std::min(from, kLastRowid - kProbedGap) + kProbedGap);
    if (next && *next > 0) from = std::max(from, *next - kProbedGap);
    int failures = 0;
    for (std::int64_t rowid = from; rowid < end && failures < kMostFailures; ++rowid) {
      pulse_.beat();
      auto row = source_.query(select("WHERE rowid=?"), rowid);
      if (!row) return {};
      const auto copied = copy_rows(*row);
      if (!copied) return copied.error();
      failures = *copied ? 0 : failures + 1;
    }
    return {};
  }

  Status from_both_ends() {
    for (const std::string_view direction : {"ASC", "DESC"}) {
      std::string order;
      for (const auto& column : table_.key) {
        order += concat(order.empty() ? "" : ",", column, " ", direction);
      }
      auto rows = source_.query(
          concat("SELECT 0,", table_.columns, " FROM ", quoted(table_.name), " ORDER BY ", order));
      const auto complete = rows ? copy_rows(*rows) : Result<bool>(false);
      if (!complete) return complete.error();
      if (*complete) return {};
      gaps_ = 1;
    }
    return {};
  }

  Db& source_;
  Db& target_;
  Pulse& pulse_;
  Table table_;
  std::string insert_;
  std::int64_t rows_ = 0;
  std::int64_t gaps_ = 0;
  std::int64_t last_ = 0;
  bool found_ = false;
};

bool has_column(Db& db, std::string_view table, std::string_view column) {
  const auto found = db.integer(
      "SELECT count(*) FROM pragma_table_info(?) WHERE name=? COLLATE NOCASE", table, column);
  return found && found->value_or(0) > 0;
}

// pragma_table_info leaves out generated columns, which cannot be written.
Result<std::optional<Table>> common_part(Db& source, Db& target, std::string name) {
  Table table;
  const auto without_rowid =
      target.integer("SELECT wr FROM pragma_table_list(?) WHERE schema='main'", name);
  if (!without_rowid) return without_rowid.error();
  table.has_rowid = without_rowid->value_or(0) == 0;
  auto columns = target.query("SELECT name, pk FROM pragma_table_info(?) ORDER BY pk, cid", name);
  if (!columns) return std::move(columns).error();
  while (true) {
    const auto row = columns->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::string column(columns->text(0));
    if (!has_column(source, name, column)) continue;
    if (columns->integer(1) > 0) table.key.push_back(quoted(column));
    table.columns += (table.columns.empty() ? "" : ",") + quoted(column);
    ++table.width;
  }
  table.name = std::move(name);
  if (table.width == 0 || (!table.has_rowid && table.key.empty())) return std::optional<Table>();
  return std::optional(std::move(table));
}

// Tables and indexes that only the damaged file has are made anew, as far as its schema can be
// read.
void copy_missing_schema(Db& source, Db& target) {
  auto rows = source.query(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE "
      "'\\' "
      "ORDER BY type='table' DESC, rootpage");
  if (!rows) return;
  while (true) {
    const auto row = rows->step();
    if (!row || !*row) return;
    // Fails where the target has it already.
    static_cast<void>(target.script(std::string(rows->text(0))).has_value());
  }
}

Result<std::vector<std::string>> table_names(Db& db) {
  std::vector<std::string> names;
  auto rows = db.query(
      "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
      "'\\'");
  if (!rows) return std::move(rows).error();
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return names;
    names.emplace_back(rows->text(0));
  }
}

}  // namespace

Result<std::vector<SalvagedTable>> salvage(const std::string& damaged, Db& target,
                                           const std::function<void()>& progress) {
  Pulse pulse(progress);
  pulse.beat();
  std::vector<SalvagedTable> salvaged;
  auto source = Db::open(damaged, {.access = Access::kReadOnly});
  if (!source) return salvaged;
  copy_missing_schema(*source, target);
  const auto names = table_names(target);
  if (!names) return names.error();
  for (const auto& name : *names) {
    auto table = common_part(*source, target, name);
    if (!table) return std::move(table).error();
    if (!*table) continue;
    auto copied = Copier(*source, target, pulse, std::move(**table)).run();
    if (!copied) return std::move(copied).error();
    salvaged.push_back(std::move(*copied));
  }
  return salvaged;
}

}  // namespace edge::store
