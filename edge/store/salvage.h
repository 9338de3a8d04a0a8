// Copies what can still be read of a damaged database, table by table, into a sound one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "edge/base/result.h"
#include "edge/store/open_file.h"

namespace edge::store {

// Tables that `target` lacks are made; columns are those that both have; rows that are there
// already stay. Tables with a rowid are read along it and, where a page is lost, probed for the
// next row that can be read; tables without one are read from both ends. A row that its table no
// longer takes, as a value has another type now, is a gap. A file that cannot be opened at all
// yields nothing. Errors: those of writing to `target`.
// `progress`, if any, is called every few seconds.
Result<std::vector<SalvagedTable>> salvage(const std::string& damaged, Db& target,
                                           const std::function<void()>& progress);

}  // namespace edge::store
