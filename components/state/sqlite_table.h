// The rows of state.sqlite: Dapr's table, and the statements that read and write it.
//
// No thread of its own: each method is given the connection to use. `now` is UTC as
// "YYYY-MM-DD hh:mm:ss", the form of the table's times. Source: wire reference §14.2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/state/state.h"
#include "edge/base/time.h"
#include "edge/store/db.h"

namespace edge::state {

// A write as the table takes it: made on the loop, run on the writer, perhaps more than once.
struct RowWrite {
  enum class Kind { kPut, kPutIfAbsent, kPutIfMatches, kDelete, kDeleteIfMatches };
  Kind kind = Kind::kPut;
  std::string key;
  std::string value;  // base64 where `binary`
  bool binary = false;
  std::string new_etag;
  std::string etag;                    // the one to match
  std::optional<std::string> expires;  // UTC, as `now`
};

class SqliteTable {
 public:
  // Both are identifiers; they are part of the SQL.
  SqliteTable(const std::string& table, const std::string& metadata_table);

  // Makes the tables and what their generated columns call. May run inside a transaction.
  Status create(store::Db& db) const;
  // For a connection that only reads.
  static Status prepare_reader(store::Db& db);

  // One item for each key: those that exist first, then the others.
  Result<std::vector<Item>> read(store::Db& db, const std::vector<std::string>& keys,
                                 const std::string& now) const;
  // The one item. A statement that found it is left in `held` where there is none: until it is
  // cleared, this reads from the same state.
  Result<Item> read_one(store::Db& db, const std::string& key, const std::string& now,
                        std::optional<store::Statement>& held) const;
  // Errors: kAborted when the ETag does not match.
  Status write(store::Db& db, const RowWrite& row, const std::string& now) const;
  // `prefix` ends with "||". Gives how many live keys were removed.
  Result<std::size_t> delete_with_prefix(store::Db& db, const std::string& prefix,
                                         const std::string& now) const;
  // At most `limit` live keys after `after`, in order; limit 0: all.
  Result<std::vector<std::string>> keys_like(store::Db& db, const std::string& pattern,
                                             const std::string& after, std::size_t limit,
                                             const std::string& now) const;
  // Removes rows that have expired. Gives how many.
  Result<std::size_t> clean_up(store::Db& db, const std::string& now) const;

 private:
  Result<std::vector<Item>> read_each(store::Db& db, const std::vector<std::string>& keys,
                                      const std::string& now) const;
  [[nodiscard]] bool is_made(store::Db& db) const;
  Status put(store::Db& db, const std::string& sql, const RowWrite& row,
             const std::string& now) const;

  std::string table_;
  std::string metadata_table_;
  std::string create_;
  std::string read_;
  std::string read_beside_;  // the same, for while the other is held
  std::string put_;
  std::string put_if_absent_;
  std::string put_if_matches_;
  std::string delete_;
  std::string delete_if_matches_;
  std::string delete_expired_prefix_;
  std::string delete_prefix_;
  std::string keys_like_;
  std::string clean_up_;
  std::string note_cleanup_;
};

// The table's form of a time, and what an answer's "ttlExpireTime" shows of it.
std::string to_table_time(WallTime time);

// The same for times that are mostly of the second of the one before.
class TableClock {
 public:
  const std::string& text(WallTime time);

 private:
  WallTime second_{Duration(-1)};  // no whole second: none is known yet
  std::string text_;
};

std::string to_rfc3339(std::string_view table_time);

}  // namespace edge::state
