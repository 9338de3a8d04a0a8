// Which streams have messages in the store, so that a start does not read a million of them.
//
// The index follows the messages with a delay: those after the last one that it knows are few and
// are read. It may name a stream, or a last row, that is gone already. No thread of its own.
#pragma once

#include "edge/store/db.h"
#include "sync/core/actions.h"

namespace edge::sync::table {

// To be told, after messages were added, the last row of their class.
Status follow(store::Db& db, Class cls, std::int64_t last_row);
Result<Scanned> scan(store::Db& db, const Scan& scan);
// Forgets all; the next scan reads every message.
Status forget_index(store::Db& db);

}  // namespace edge::sync::table
