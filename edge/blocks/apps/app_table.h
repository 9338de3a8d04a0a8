// The apps of this hub by id, and whose request one is.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "edge/blocks/apps/app.h"

namespace edge::blocks {

class AppTable {
 public:
  // Legal once for each id.
  App& add(std::unique_ptr<App> app) {
    App& added = *app;
    apps_.emplace(added.id(), std::move(app));
    by_id_.emplace(added.id(), &added);
    return added;
  }
  [[nodiscard]] App* find(std::string_view id) const noexcept {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const std::map<std::string, std::unique_ptr<App>, std::less<>>& all()
      const noexcept {
    return apps_;
  }

 private:
  std::map<std::string, std::unique_ptr<App>, std::less<>> apps_;
  std::unordered_map<std::string_view, App*> by_id_;  // views of the apps' own ids
};

}  // namespace edge::blocks
