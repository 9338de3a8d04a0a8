// Brings a database's schema up to date, one numbered step after the other.
#pragma once

#include <span>
#include <string_view>

#include "edge/base/result.h"
#include "edge/store/db.h"

namespace edge::store {

// `steps[n]` leads from version n to n + 1 (SQL, several statements allowed); the version stands in
// the file's user_version. Each step is one transaction: a crash leaves a whole version. Steps are
// only ever added at the end.
// Errors: kFailedPrecondition when the file is of a later version than this program knows; the
// step's own error, with its number.
Status migrate(Db& db, std::span<const std::string_view> steps);

}  // namespace edge::store
