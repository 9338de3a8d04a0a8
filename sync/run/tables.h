// The tables of the sync machines in a database that others may use too. No thread of its own: each
// function is given the connection to use.
#pragma once

#include <vector>

#include "edge/store/db.h"
#include "sync/core/actions.h"

namespace edge::sync::table {

// Makes the tables, or brings them up to date. May run inside a transaction. Errors:
// kFailedPrecondition where the file is of a later version; those of Db.
Status create(store::Db& db);

// What the first event needs. Totals are kept, so no message is read; but where the file was made
// anew from what could be read of a damaged one, they are counted.
Result<Stored> read_all(store::Db& db);

Status apply(store::Db& db, const std::vector<Write>& writes);

// Errors: kNotFound where the command is not known, or has no reply yet.
Result<Reply> reply_of(store::Db& db, const std::string& issuer, const std::string& id);

}  // namespace edge::sync::table
