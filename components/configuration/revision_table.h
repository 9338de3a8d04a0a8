// The tables of configuration.sqlite: values with the revisions between which they held.
//
// No thread of its own: each method is given the connection to use. Several stores may share a
// file; their rows are told apart by the store's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "components/configuration/configuration.h"
#include "edge/store/db.h"

namespace edge::configuration {

struct StoredValue {
  std::string text;
  std::uint64_t revision = 0;  // that set it
};
using StoredValues = std::map<std::string, StoredValue, std::less<>>;

// What a store holds now.
struct StoreContent {
  std::uint64_t revision = 0;
  StoredValues values;
};

// A revision as it is written: changes that are changes, one for each key.
struct NewRevision {
  std::uint64_t number = 0;
  WallTime time;
  std::string note;
  std::vector<Change> changes;
};

// How much of the past is kept.
struct Retention {
  std::int64_t revisions = 0;
  std::int64_t bytes = 0;  // of values that are no longer current
};

class RevisionTable {
 public:
  explicit RevisionTable(std::string store) : store_(std::move(store)) {}

  // Makes the tables. May run inside a transaction.
  static Status create(store::Db& db);
  Result<StoreContent> load(store::Db& db) const;

  // Writes a revision and removes what is too old. Legal in a transaction. Errors: kAborted where
  // the file has this revision already: another process writes it.
  Status write(store::Db& db, const NewRevision& revision, const Retention& kept) const;

  // Newest first; stops where the values exceed `limit_bytes`.
  Result<std::vector<PastRevision>> history(store::Db& db, std::size_t limit,
                                            std::size_t limit_bytes) const;

  // The values of a revision that is kept. Errors: kNotFound, kOutOfRange.
  Result<StoredValues> values_at(store::Db& db, std::uint64_t revision) const;

 private:
  Status advance(store::Db& db, const NewRevision& revision) const;
  Status change(store::Db& db, const NewRevision& revision, const Change& change) const;
  Status prune(store::Db& db, const Retention& kept) const;
  Status check_kept(store::Db& db, std::uint64_t revision) const;
  Result<std::vector<Difference>> differences(store::Db& db, std::uint64_t revision) const;

  std::string store_;
};

}  // namespace edge::configuration
