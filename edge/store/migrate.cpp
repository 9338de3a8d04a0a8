#include "edge/store/migrate.h"

#include <string>

#include "edge/store/concat.h"

namespace edge::store {
namespace {

Status run_step(Db& db, std::string_view sql, std::size_t version) {
  auto done = db.run("BEGIN IMMEDIATE");
  if (done) done = db.script(std::string(sql));
  if (done) done = db.script(concat("PRAGMA user_version=", version));
  if (done) done = db.run("COMMIT");
  if (!done && db.in_transaction()) {
    if (auto undone = db.run("ROLLBACK"); !undone) return undone;
  }
  return done;
}

}  // namespace

Status migrate(Db& db, std::span<const std::string_view> steps) {
  const auto found = db.integer("PRAGMA user_version");
  if (!found) return found.error();
  const auto version = static_cast<std::size_t>(found->value_or(0));
  if (version > steps.size()) {
    return Error{Code::kFailedPrecondition,
                 concat(db.path(), " has schema version ", version,
                        ", and this program knows versions up to ", steps.size(),
                        ": install the program that wrote it, or a later one")};
  }
  for (std::size_t next = version; next < steps.size(); ++next) {
    if (auto done = run_step(db, steps[next], next + 1); !done) {
      return std::move(done).error().within(
          concat("migrate ", db.path(), " to version ", next + 1));
    }
  }
  return {};
}

}  // namespace edge::store
