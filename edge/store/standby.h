// Opens a database where the disk takes nothing any more: full, or read-only.
#pragma once

#include <functional>
#include <string>

#include "edge/store/files.h"
#include "edge/store/open_file.h"

namespace edge::store {

// open_file, also with the space of `ballast`. Where the disk takes nothing, the file is opened for
// reading, and the report says why in `standby`. Errors: of open_file.
Result<Opened> open_or_stand_by(const std::string& path, const OpenOptions& options,
                                Ballast& ballast);

// Where the schema is run: kWhereEmpty: only where there is no file, so that its tables are there.
enum class RunSchema { kAlways, kWhereEmpty };

// A connection that only reads, and needs neither space nor a file system that can be written.
// While it is open the file may not be possible to open for writing, so those of readers are
// short. Errors: of Db::open and of `schema`.
Result<Db> open_standby(const std::string& path, const std::function<Status(Db&)>& schema,
                        RunSchema when);

}  // namespace edge::store
