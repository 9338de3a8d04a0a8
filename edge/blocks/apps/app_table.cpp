#include "edge/blocks/apps/app_table.h"

namespace edge::blocks {

App& AppTable::add(std::unique_ptr<App> app) {
  App& added = *app;
  apps_.emplace(added.name(), std::move(app));
  by_name_.emplace(added.name(), &added);
  const auto [at, is_first] = by_id_.try_emplace(added.id(), &added);
  if (is_first) return added;
  App* first = at->second;
  if (added.lane().is_base()) {
    added.next_instance_ = first;
    at->second = &added;
  } else {
    added.next_instance_ = first->next_instance_;
    first->next_instance_ = &added;
  }
  return added;
}

}  // namespace edge::blocks
