// The tables of replicas: what each of them has taken over, and how far.
//
// No thread of its own: each method is given the connection to use. Several replicas may share a
// file; their rows are told apart by their names.
#pragma once

#include <optional>
#include <string>

#include "components/replica/values.h"
#include "edge/store/db.h"

namespace edge::replica {

// What the file holds of a replica.
struct Content {
  bool complete = false;  // a whole state of the source, with its cursor
  Cursor cursor;
  WallTime as_of;
  Values values;
};

// One step, written as a whole.
struct Step {
  Differences differences;  // one for each key
  Cursor cursor;
  WallTime as_of;
  std::size_t keys = 0;  // that the replica holds afterwards
};

class ReplicaTable {
 public:
  // `scope`: what of which source; rows that were taken over from elsewhere are no good.
  ReplicaTable(std::string name, std::string scope)
      : name_(std::move(name)), scope_(std::move(scope)) {}

  // Makes the tables. May run inside a transaction.
  static Status create(store::Db& db);
  // Removes what is of another scope. What lacks rows, after damage, is not complete.
  Result<Content> load(store::Db& db) const;

  // Legal in a transaction.
  Status write(store::Db& db, const Step& step) const;
  // The step, after which the replica holds `all`; written anew where the file has other rows.
  Status replace(store::Db& db, const Step& step, const Values& all) const;

 private:
  Status set(store::Db& db, const std::string& key, const std::optional<Value>& value) const;
  Status advance(store::Db& db, const Step& step) const;
  Status clear(store::Db& db) const;
  Result<std::size_t> count(store::Db& db) const;

  std::string name_;
  std::string scope_;
};

}  // namespace edge::replica
