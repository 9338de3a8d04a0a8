#include "edge/daemon/resources/secret_order.h"

#include <algorithm>
#include <vector>

namespace edge::daemon {
namespace {

const Component* find(std::span<Component* const> components, const std::string& name) {
  const auto found = std::ranges::find(components, name, &Component::name);
  return found == components.end() ? nullptr : *found;
}

std::string joined(const std::vector<std::string>& names, std::size_t first) {
  std::string text = names[first];
  for (std::size_t i = first + 1; i < names.size(); ++i) text += " -> " + names[i];
  return text;
}

}  // namespace

std::string why_waiting(const Component& component, std::span<Component* const> waiting,
                        const std::map<std::string, std::string>& failed) {
  if (component.secret_store.empty()) {
    return "it refers to a secret, and no store is named; write the store's name as "
           "auth.secretStore";
  }
  std::vector<std::string> names = {component.name};
  for (const Component* at = &component; at != nullptr; at = find(waiting, names.back())) {
    const auto seen = std::ranges::find(names, at->secret_store) - names.begin();
    const auto first = static_cast<std::size_t>(seen);
    const bool is_circle = first < names.size();
    names.push_back(at->secret_store);
    if (is_circle) {
      return "secret stores wait for each other: " + joined(names, first) +
             "; give one of them its fields without secretKeyRef";
    }
  }
  const std::string& last = names.back();
  const std::string path = names.size() > 2 ? " (" + joined(names, 0) + ")" : "";
  const auto why = failed.find(last);
  if (why != failed.end()) {
    return "it waits for the secret store " + last + path + ", which failed: " + why->second;
  }
  return "it waits for the secret store " + last + path +
         ", which no component provides; add one of that name, or change auth.secretStore";
}

}  // namespace edge::daemon
