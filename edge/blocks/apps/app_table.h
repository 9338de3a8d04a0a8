// The apps of this hub, in every lane, and whose request one is.
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
  // Legal once for each id and lane.
  App& add(std::unique_ptr<App> app);

  // An instance by its name: "lamp" of the baseline, "lamp@gray".
  [[nodiscard]] App* find(std::string_view name) const noexcept {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  // The first instance of an app, from which next_instance() leads to the others.
  [[nodiscard]] App* first(std::string_view id) const noexcept {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  // By instance.
  [[nodiscard]] const std::map<std::string, std::unique_ptr<App>, std::less<>>& all()
      const noexcept {
    return apps_;
  }

 private:
  std::map<std::string, std::unique_ptr<App>, std::less<>> apps_;
  // Views of the apps' own names and ids.
  std::unordered_map<std::string_view, App*> by_name_;
  std::unordered_map<std::string_view, App*> by_id_;
};

}  // namespace edge::blocks
