// The tables of the outbox: messages, and how they are stamped anew. No thread of its own: each
// function is given the connection to use.
//
// A class is a table of its own, so that each grows at its end and is emptied at its beginning, and
// no index is written. A retag is one row, whatever it applies to, and takes effect on reading.
#pragma once

#include "edge/store/db.h"
#include "sync/core/actions.h"
#include "sync/run/survey.h"

namespace edge::sync::table {

// The statements of one table; '#' stands for the class.
std::string of_class(Class cls, std::string_view sql);

Status insert(store::Db& db, const Row& row);
// Both included.
Status remove(store::Db& db, Class cls, std::int64_t first, std::int64_t last);
Status retag(store::Db& db, const RetagRows& how);
// Forgets the retags that apply to no row any more.
Status prune_retags(store::Db& db, Class cls);
Result<Loaded> load(store::Db& db, const Load& load);
// What is really there; `last_row` at least what it is.
Result<Totals> count(store::Db& db, Class cls, std::int64_t last_row);

// Who waits, as far as the oldest `limit` messages of a class tell.
Result<ClassSurvey> survey(store::Db& db, Class cls, std::int64_t limit);

}  // namespace edge::sync::table
