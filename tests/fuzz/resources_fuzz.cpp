// Resource files of any content: reading ends, within bounds, with resources or with faults.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "edge/base/log.h"
#include "edge/daemon/resources/resolve.h"
#include "edge/daemon/resources/resources.h"

namespace {

using namespace edge::daemon;

std::optional<std::string> environment(const std::string& name) {
  if (name == "UNSET" || name == "DAPR_ENV_KEYS") return std::nullopt;
  return "value: [1, 2]\n";
}

void check(const std::string& text, Role role) {
  LoadRequest request;
  request.configurations = ConfigurationDocuments::kRead;
  request.environment = environment;
  auto resources = read_resources({{.name = "a.yaml", .text = text, .role = role}}, request);
  if (!resources) {
    if (!resources.error().message.starts_with("a.yaml")) std::abort();
    return;
  }
  static_cast<void>(resolve_env(*resources, environment));
  for (Component& component : resources->components) {
    if (component.name.empty()) std::abort();
    if (!pending_secrets(component).empty() && component.secret_store.empty()) std::abort();
  }
  for (const App& app : resources->apps) {
    if (!check_app_id(app.id) || !check_app_address(app.address)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool silent = [] {
    edge::log::capture([](std::string_view) {});
    return true;
  }();
  static_cast<void>(silent);
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text, Role::kResources);
  check(text, Role::kConfiguration);
  return 0;
}
