#include "edge/daemon/leftovers.h"

#include <algorithm>
#include <array>
#include <unistd.h>
#include <utility>
#include <vector>

#include "components/database.h"
#include "components/replica/replica_table.h"
#include "components/secretstores/cloud/copy_table.h"
#include "components/store_call.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kScope = "edge.daemon";
// Of the kinds that may keep copies; a type that is not known here is taken to keep some.
constexpr std::array<std::string_view, 4> kWithoutCopies = {
    "configuration.sqlite", "secretstores.sqlite", "secretstores.local.file",
    "secretstores.local.env"};

struct Stores {
  std::set<std::string> configuration;
  std::set<std::string> secrets;
};

Result<Names> remove_others(store::Db& db, const Stores& stores) {
  auto gone = replica::ReplicaTable::remove_others(db, stores.configuration);
  if (!gone) return gone;
  auto secrets = secrets::CopyTable::remove_others(db, stores.secrets);
  if (!secrets) return secrets;
  std::ranges::move(*secrets, std::back_inserter(*gone));
  return gone;
}

}  // namespace

std::set<std::string> stores_with_copies(const Resources& resources, std::string_view prefix) {
  std::set<std::string> names;
  for (const Component& component : resources.components) {
    const std::string type = to_lower(component.type);
    if (type.starts_with(prefix) && std::ranges::find(kWithoutCopies, type) == kWithoutCopies.end())
      names.insert(component.name);
  }
  return names;
}

Leftovers::Leftovers(Loop& loop, store::OpenFiles& files, const Resources& resources,
                     const std::string& data_dir)
    : loop_(loop),
      files_(files),
      resources_(resources),
      path_(data_dir.empty() ? "" : data_dir + "/hub.db"),
      changed_(loop) {}

Task<void> Leftovers::watch(Ctx ctx) {
  while (!path_.empty() && !ctx.cancelled()) {
    changed_.reset();
    DeadlineScope limit(loop_, ctx, kGrace);
    auto changed = co_await changed_.wait(limit.ctx());
    if (changed || ctx.cancelled()) continue;
    auto removed = co_await remove(ctx);
    if (!removed) {
      log::warn(kScope, "what components that are gone have left cannot be removed",
                {{"file", path_}, {"error", removed.error().message}});
    }
    auto again = co_await changed_.wait(ctx);
    if (!again) co_return;
  }
}

// As a component of its own, which shares the file with the others.
Task<Status> Leftovers::remove(Ctx ctx) {
  if (::access(path_.c_str(), F_OK) != 0) co_return Status();
  const Stores stores{stores_with_copies(resources_, "configuration."),
                      stores_with_copies(resources_, "secretstores.")};
  components::Database database({"leftovers", {}, loop_, files_, ""});
  components::DatabaseOptions file;
  file.path = path_;
  file.reading = components::Reading::kWriterOnly;
  file.writer.name = "leftovers";
  auto opened = co_await database.open(ctx, std::move(file));
  if (!opened) co_return opened;
  std::function<Result<Names>(store::Db&)> work = [stores](store::Db& db) {
    return remove_others(db, stores);
  };
  auto gone =
      co_await components::store_call<Names>(&loop_, ctx, database.writer(), std::move(work));
  co_await database.close();
  if (!gone) co_return std::move(gone).error();
  for (const std::string& name : *gone) {
    log::info(kScope, "the copies of a component that is gone are removed", {{"component", name}});
  }
  co_return Status();
}

}  // namespace edge::daemon
