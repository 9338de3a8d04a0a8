// The tables of replicas: what each of them has taken over, and how far.
//
// No thread of its own: each method is given the connection to use. Several replicas may share a
// file; their rows are told apart by their names.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "components/replica/step.h"
#include "edge/store/db.h"

namespace edge::replica {

// What the file holds of a replica.
struct Content {
  bool complete = false;  // a whole state of the source, with its cursor
  Cursor cursor;
  WallTime as_of;
  Values values;
  Kept proven;  // what was otherwise in the generation that was proven
  Guard guard;
};

class ReplicaTable {
 public:
  // `scope`: what of which source; rows that were taken over from elsewhere are no good.
  ReplicaTable(std::string name, std::string scope)
      : name_(std::move(name)), scope_(std::move(scope)) {}

  // Makes the tables. May run inside a transaction.
  static Status create(store::Db& db);
  // Removes what replicas of other stores have left; a replica's name is "STORE/NUMBER". Gives the
  // names of those that are gone. A file without replicas stays as it is.
  static Result<std::vector<std::string>> remove_others(store::Db& db,
                                                        const std::set<std::string>& stores);
  // Removes what is of another scope. What lacks rows, after damage, is not complete.
  Result<Content> load(store::Db& db) const;

  // Legal in a transaction.
  Status write(store::Db& db, const Step& step) const;
  // What of the step is the guard's, and no more: the source's rows stay as they are.
  Status write_guard(store::Db& db, const Step& step) const;
  // The step, after which the source has `all`; written anew where the file has other rows.
  Status replace(store::Db& db, const Step& step, const Values& all) const;

 private:
  Status set(store::Db& db, const std::string& key, const std::optional<Value>& value) const;
  Status advance(store::Db& db, const Step& step) const;
  Status load_guard(store::Db& db, Content& content) const;
  Status clear(store::Db& db) const;
  Result<std::size_t> count(store::Db& db) const;

  std::string name_;
  std::string scope_;
};

}  // namespace edge::replica
